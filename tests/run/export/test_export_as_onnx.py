"""A version as one ONNX file: ONNX Runtime answers it as the model itself does, or nothing is written."""

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring.errors import ExportError
from mainspring.measure.graph import Graph
from mainspring.model import Prepared
from mainspring.run.export.agree import refuse_disagreement, rows_for
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.export.kinds import WRITERS, only_exportable
from mainspring.steps.learn.kinds import LEARNERS, MODELS, learner_named
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.stack.model import StackedModel, beside
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.network.model import NetworkModel
from mainspring.steps.prepare.export.features import features
from mainspring.steps.prepare.export.inputs import values_of
from mainspring.steps.prepare.features.target_means import TargetMeans
from mainspring.steps.prepare.features.texts import Texts
from mainspring.steps.prepare.table_transform import TableTransform

from .conftest import GOALS, answers

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
onnx_file = pytest.importorskip("mainspring.run.export.onnx_file")

CASES = [
    (question, name)
    for name in [name for name, place in LEARNERS.items() if ".tabular." in place and name != "paired"]
    for question in ("two classes", "four classes", "a number")
    if name != "least_squares" or question == "a number"
]
CALIBRATIONS = [
    ("two classes", Calibration("platt", (1.3, -0.2))),
    ("two classes", Calibration("isotonic", (0.1, 0.2, 0.2, 0.7, 0.9), (1e-6, 0.1, 0.3, 0.8, 1 - 1e-6))),
    ("four classes", Calibration("temperature", (1.7,))),
]


def asked(path: Path, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, rows), strict=True))


def test_writers_are_of_kinds_that_there_are() -> None:
    assert set(WRITERS) <= set(MODELS)


def test_what_cannot_be_written_takes_no_part_where_onnx_is_declared() -> None:
    kept, reasons = only_exportable([learner_named("linear"), learner_named("paired")])
    assert [learner.name for learner in kept] == ["linear"]
    assert reasons == {"paired": "its models cannot be exported to ONNX (learn.limits.runtime)"}


@pytest.mark.parametrize(("question", "learner"), CASES, ids=str)
def test_every_learner_is_answered_alike(make, question: str, learner: str, tmp_path: Path) -> None:
    if learner.endswith("network"):
        pytest.importorskip("keras")
    model, rows = make(question, (learner,))
    assert onnx_file.write(model, tmp_path / "model.onnx", rows) < 1e-9
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("question", ["four classes", "a number"])
def test_a_blend_of_averaged_networks_is_answered_alike(make, question: str, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    model, rows = make(question, ("network", "lightgbm"))
    first, trees = model.model.members
    net = first.networks[0]
    other = NetworkModel(
        first.card, first.encoding, [replace(net, head=net.head * 0.5)], first.centers, first.scale, first.tuned
    )
    averaged = Blend(model.model.card, [first.averaged([other]), trees], model.model.weights, model.model.calibration)
    assert onnx_file.write(replace(model, model=averaged), tmp_path / "model.onnx", rows) < 1e-9


@pytest.mark.parametrize(("question", "calibration"), CALIBRATIONS, ids=lambda value: getattr(value, "method", value))
def test_a_calibrated_blend_is_answered_alike(make, question: str, calibration: Calibration, tmp_path: Path) -> None:
    model, rows = make(question, ("linear", "xgboost", "random_forest"), calibration)
    assert onnx_file.write(model, tmp_path / "model.onnx", rows) < 1e-9


def test_trees_over_what_members_answer_are_answered_alike(make, tmp_path: Path) -> None:
    model, rows = make(question := "a number", ("linear", "random_forest"))
    members, goal = model.model.members, GOALS[question]
    table = model.transform.apply(rows)
    matrix = matrix_of(table, members[0].card.input)
    told = beside(matrix, [member.scores(matrix) for member in members])[:, matrix.shape[1] :]
    for j, column in enumerate(told.T):
        table = table.append_column(f"answer {j + 1}", pa.array(column))
    table = table.append_column("y", answers(rows, question))
    top = learner_named("lightgbm", tuned={"rounds": 25}).fit(table, None, goal, Budget(time.monotonic() + 60.0))
    card = model.model.card
    stacked = StackedModel(replace(card, kind="stacked"), members, model.model.weights, top, 0.6)
    blend = Blend(card, [stacked], [1.0], model.model.calibration)
    assert onnx_file.write(replace(model, model=blend), tmp_path / "model.onnx", rows) < 1e-9


@pytest.mark.parametrize("question", ["two classes", "four classes", "a number"])
def test_pairs_and_waves_are_made_alike(make, question: str, tmp_path: Path) -> None:
    model, rows = make(question, ("crossed", "waves"))
    assert onnx_file.write(model, tmp_path / "model.onnx", rows) < 1e-9


@pytest.mark.parametrize("question", ["a number", "an amount, often zero"])
def test_logarithms_are_brought_back_to_the_unit(make, question: str, tmp_path: Path) -> None:
    model, rows = make(question, ("log of linear", "log of catboost", "lightgbm"))
    assert onnx_file.write(model, tmp_path / "model.onnx", rows) < 1e-9


def test_numbers_that_are_names_are_prepared_alike(make) -> None:
    model, rows = make("a number", ("linear",))
    means = TargetMeans(
        "children", ("mean", "share"), (0.0, 1.0, 3.0), ((5.5,), (6.5,), (9.0,)), (0.2, 0.3, 0.1), (7.0,)
    )
    transform = TableTransform({"children": model.transform.readings["children"]}, [means])
    graph = Graph()
    for name, wire in features(transform, graph, {"children": "children"}).items():
        graph.named(wire, name)
    outputs = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.DOUBLE, ["rows", 1]) for name in means.names]
    content = onnx_file.proto_of(graph, [onnx_file.input_of("children", "double")], outputs).SerializeToString()
    column = values_of(transform.readings["children"], rows.column("children"))
    told = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"children": column})
    expected = transform.apply(rows)
    for name, values in zip(means.names, told, strict=True):
        np.testing.assert_array_equal(values[:, 0], expected.column(name).to_numpy())


def test_a_file_is_asked_in_the_types_it_names(make, tmp_path: Path) -> None:
    model, _ = make("two classes", ("lightgbm", "linear"))
    onnx_file.write(model, tmp_path / "model.onnx", None)
    microseconds = int((datetime(2021, 3, 1, 12) - datetime(1970, 1, 1)).total_seconds()) * 1_000_000
    told = asked(
        tmp_path / "model.onnx",
        {
            "income": np.array([[3200.5], [np.nan], [-999.0]]), "children": np.array([[2.0], [np.nan], [1.5]]),
            "member": np.array([[1.0], [np.nan], [3.0]]), "plan": np.array([["专业"], [""], ["N/A "]], dtype=object),
            "town": np.array([["town 7"], [""], ["n/a"]], dtype=object),
            "joined": np.array([[microseconds], [np.iinfo(np.int64).min], [-(2**62)]]),
        },
    )  # fmt: skip
    known = {
        "income": 3200.5,
        "children": 2,
        "member": True,
        "plan": "专业",
        "town": "town 7",
        "joined": datetime(2021, 3, 1, 12),
    }
    odd = {"income": -999.0, "children": 1.5, "member": 3.0, "plan": "N/A ", "town": "n/a"}
    for row, record in enumerate((known, {}, odd)):
        answer = model.predict_one(record)
        assert list(told) == list(answer)
        assert told["prediction"][row] == answer["prediction"]
        assert told["probability_yes"][row] == pytest.approx(answer["probability_yes"], abs=1e-9)


def test_a_text_is_refused_by_its_column(make, tmp_path: Path) -> None:
    model, rows = make("two classes", ("linear",))
    transform = TableTransform(
        {**model.transform.readings, "note": model.transform.readings["plan"]},
        [*model.transform.features, Texts("note", ("note (length)", "note (words)"), ())],
    )
    wordy = Prepared(transform, model.model, model.card)
    with pytest.raises(ExportError, match="'note'") as told:
        onnx_file.write(wordy, tmp_path / "model.onnx", rows)
    assert "learn.exclude: [note]" in told.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_kind_without_a_writer_is_refused_by_its_name(make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows = make("two classes", ("linear", "xgboost"))
    monkeypatch.delitem(WRITERS, "xgboost")
    with pytest.raises(ExportError, match="'xgboost'"):
        onnx_file.write(model, tmp_path / "model.onnx", rows)
    assert list(tmp_path.iterdir()) == []


def test_a_column_called_as_an_answer_is_refused(make, tmp_path: Path) -> None:
    model, _ = make("a number", ("linear",))
    transform = model.transform
    renamed = TableTransform({**transform.readings, "prediction": transform.readings["income"]}, transform.features)
    with pytest.raises(ExportError, match="'prediction' is called as an answer"):
        onnx_file.write(Prepared(renamed, model.model, model.card), tmp_path / "model.onnx", None)


def test_answers_that_differ_are_refused(make) -> None:
    model, rows = make("two classes", ("linear",))
    other, _ = make("two classes", ("decision_tree",))
    asked_rows = rows_for(model.transform, rows)
    with pytest.raises(ExportError, match="answers differently"):
        refuse_disagreement(model, asked_rows, other.predict(asked_rows))
    turned = model.predict(asked_rows)
    labels = pa.array(["no" if label == "yes" else "yes" for label in turned["prediction"].to_pylist()])
    with pytest.raises(ExportError, match="another class"):
        refuse_disagreement(model, asked_rows, turned.set_column(0, "prediction", labels))


def test_a_place_that_cannot_be_written_is_told(make, tmp_path: Path) -> None:
    model, rows = make("a number", ("linear",))
    with pytest.raises(ExportError, match="cannot be written"):
        onnx_file.write(model, tmp_path / "not here" / "model.onnx", rows)


def test_a_file_before_is_replaced_only_by_a_whole_one(make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, rows = make("a number", ("linear",))
    path = tmp_path / "model.onnx"
    path.write_bytes(b"before")
    monkeypatch.delitem(WRITERS, "linear")
    with pytest.raises(ExportError):
        onnx_file.write(model, path, rows)
    assert path.read_bytes() == b"before"
    monkeypatch.undo()
    onnx_file.write(model, path, rows)
    assert onnx.load(path).producer_name == "mainspring"
