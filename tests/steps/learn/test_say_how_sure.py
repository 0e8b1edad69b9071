"""Coverage: intervals and sets that contain the truth as often as declared."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from mainspring import Workspace
from mainspring.automation.learn import Learn, Split
from mainspring.errors import ExportError
from mainspring.model import NUMBER_ANSWER, ModelCard, Question, open_model, seal
from mainspring.steps.learn.blend.conform import coverage_of
from mainspring.steps.learn.blend.coverage import Coverage
from mainspring.steps.learn.kinds import MODELS
from mainspring.steps.prepare.kinds import TRANSFORMS


@pytest.mark.parametrize("share", [0.5, 0.8, 0.9, 0.99])
def test_numbers_lie_in_the_interval_as_often_as_declared(share: float) -> None:
    draw = np.random.default_rng(5)
    within = []
    for _ in range(300):
        seen, new = draw.standard_t(3, 400), draw.standard_t(3, 400)
        reach = coverage_of(np.zeros((400, 1)), seen, Question.NUMBER, share).reach
        within.append(np.mean(np.abs(new) <= reach))
    assert share - 0.005 < np.mean(within) < share + 0.01


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_classes_are_in_the_set_as_often_as_declared(share: float) -> None:
    draw = np.random.default_rng(7)
    within = []
    for _ in range(200):
        chances = draw.dirichlet([0.7, 0.7, 0.7], 600)
        truth = np.array([draw.choice(3, p=p) for p in chances])
        reach = coverage_of(chances[:300], truth[:300], Question.CLASS, share).reach
        within.append(np.mean(1 - chances[300:][np.arange(300), truth[300:]] <= reach))
    assert share - 0.01 < np.mean(within) < share + 0.02


@pytest.mark.parametrize("share", [0.5, 0.8, 0.9])
def test_weighted_rows_promise_it_for_rows_drawn_by_their_weights(share: float) -> None:
    """Rows are drawn evenly, their spread grows along x, and those of large x weigh more: so do they in the world."""
    draw = np.random.default_rng(11)
    within, heedless = [], []
    for _ in range(400):
        x = draw.random(300)
        seen, weights = draw.normal(size=300) * (0.2 + x), 0.05 + x**2
        world = draw.random(4000)
        world = world[draw.random(4000) < (0.05 + world**2) / 1.05]
        new = np.abs(draw.normal(size=len(world)) * (0.2 + world))
        answers = np.zeros((300, 1))
        within.append(np.mean(new <= coverage_of(answers, seen, Question.NUMBER, share, weights).reach))
        heedless.append(np.mean(new <= coverage_of(answers, seen, Question.NUMBER, share).reach))
    assert share - 0.01 < np.mean(within) < share + 0.015
    assert np.mean(heedless) < share - 0.04


@given(rows=st.integers(1, 60), seed=st.integers(0, 99), share=st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_equal_weights_are_as_none(rows: int, seed: int, share: float) -> None:
    # Where the share falls upon a row, the library's rounding may take the next.
    assume(abs((rows + 1) * share - round((rows + 1) * share)) > 1e-9)
    seen = np.random.default_rng(seed).normal(size=rows)
    answers, weights = np.zeros((rows, 1)), np.full(rows, 0.3)
    with_weights = coverage_of(answers, seen, Question.NUMBER, share, weights)
    assert with_weights == coverage_of(answers, seen, Question.NUMBER, share)


@given(rows=st.integers(1, 8), seed=st.integers(0, 99))
def test_too_few_rows_for_the_share_promise_everything(rows: int, seed: int) -> None:
    seen = np.random.default_rng(seed).normal(size=rows)
    assert coverage_of(np.zeros((rows, 1)), seen, Question.NUMBER, 0.9).reach == np.inf
    chances = np.full((rows, 2), 0.5)
    assert coverage_of(chances, np.zeros(rows, np.int64), Question.CLASS, 0.9).reach == np.inf


@pytest.mark.parametrize(
    "coverage", [Coverage(0.9, 0.25), Coverage(0.9, np.inf), Coverage(0.8, 2.0, (1.0, 2.0), (0.5, 3.0))]
)
def test_a_coverage_is_written_and_read(coverage: Coverage) -> None:
    assert Coverage.from_dict(json.loads(json.dumps(coverage.to_dict()))) == coverage


@pytest.mark.parametrize("share", [0.9, 0.95])
@pytest.mark.parametrize("weighted", [False, True])
def test_where_high_answers_are_farther_off_intervals_grow_with_them(share: float, weighted: bool) -> None:
    draw = np.random.default_rng(13)
    within, low_within, widths, even, grown = [], [], [], [], []
    for _ in range(150):
        answers = draw.uniform(1.0, 10.0, 2 * 500)
        truth = answers + draw.normal(size=1000) * 0.1 * answers**1.5
        weights = np.full(500, 2.0) if weighted else None
        found = coverage_of(answers[:500, None], truth[:500], Question.NUMBER, share, weights)
        grown.append(bool(found.at))
        reach = found.reach * (np.interp(answers[500:], found.at, found.error) if found.at else np.ones(500))
        inside = np.abs(answers[500:] - truth[500:]) <= reach
        within.append(inside.mean())
        low_within.append(inside[answers[500:] < 4].mean())
        widths.append(reach.mean())
        even.append(np.quantile(np.abs(answers[:500] - truth[:500]), share))
    assert share - 0.015 < np.mean(within) < share + 0.01
    assert np.mean(grown) > 0.8
    assert np.mean(low_within) < share + 0.05, "an even width contains nearly all of the low ones"
    assert np.mean(widths) < 0.95 * np.mean(even)


def test_where_errors_are_of_one_size_so_are_the_intervals() -> None:
    draw = np.random.default_rng(17)
    answers = draw.normal(size=1000)
    found = [
        coverage_of(answers[:, None], answers + draw.normal(size=1000), Question.NUMBER, 0.9).at for _ in range(20)
    ]
    assert sum(bool(at) for at in found) <= 4


@pytest.mark.parametrize("answers", [np.zeros(400), np.repeat([1.0, 2.0], 200), np.arange(400.0)])
def test_answers_that_hardly_differ_have_intervals_too(answers: np.ndarray) -> None:
    truth = answers + np.random.default_rng(0).normal(size=400) * (1.0 + np.abs(answers))
    found = coverage_of(answers[:, None], truth, Question.NUMBER, 0.9)
    assert np.isfinite(found.reach)
    exact = coverage_of(answers[:, None], answers, Question.NUMBER, 0.9)
    assert exact.reach == 0.0


def test_one_is_answered_as_many() -> None:
    coverage = Coverage(0.9, 1.7, (1.0, 2.0, 5.0), (0.5, 3.0, 1.0))
    card = coverage.promised(ModelCard("blend", Question.NUMBER, "y", pa.schema([]), NUMBER_ANSWER))
    scores = np.array([[0.0], [1.5], [2.0], [4.0], [9.0]])
    lower, upper = coverage.beside(card, scores)
    for row, low, high in zip(scores, lower.to_pylist(), upper.to_pylist(), strict=True):
        assert coverage.beside_one(card, row.tolist()) == {"lower": low, "upper": high}


def test_an_interval_beside_each_number(find, customers, tmp_path: Path) -> None:
    table = customers()
    declared = Learn(target="spent", candidates=["linear"], exclude=["leaves"], split=Split(folds=3), coverage=0.8)
    model = find(table, declared).model
    answer = model.predict(table)
    assert answer.column_names == ["prediction", "lower", "upper"]
    lower, upper, spent = (np.array(column) for column in (answer["lower"], answer["upper"], table["spent"]))
    assert 0.75 < np.mean((lower <= spent) & (spent <= upper)) < 0.9
    assert model.predict_one(table.slice(0, 1).to_pylist()[0]) == pytest.approx(answer.slice(0, 1).to_pylist()[0])
    assert model.predict_each(table.to_pylist()) == answer.to_pylist()
    model.save(tmp_path)
    opened = open_model(tmp_path, {**MODELS, **TRANSFORMS}, seal(tmp_path))
    assert opened.predict(table) == answer
    assert opened.card.answer == model.card.answer


def test_a_set_beside_each_class(find, customers, tmp_path: Path) -> None:
    table = customers()
    declared = Learn(target="leaves", candidates=["linear"], exclude=["spent"], split=Split(folds=3), coverage=0.9)
    model = find(table, declared).model
    answer = model.predict(table)
    assert answer.column_names == ["prediction", "probability_no", "probability_yes", "set"]
    sets = answer["set"].to_pylist()
    assert all(prediction in chosen for prediction, chosen in zip(answer["prediction"].to_pylist(), sets, strict=True))
    assert np.mean([truth in chosen for truth, chosen in zip(table["leaves"].to_pylist(), sets, strict=True)]) > 0.86
    assert model.predict_one(table.slice(0, 1).to_pylist()[0])["set"] == sets[0]
    assert model.predict_each(table.to_pylist()) == answer.to_pylist()
    model.save(tmp_path)
    assert open_model(tmp_path, {**MODELS, **TRANSFORMS}, seal(tmp_path)).predict(table) == answer


@pytest.mark.parametrize("share", [0.2, 1, 1.5, "much"])
def test_a_share_that_is_none(share: object) -> None:
    with pytest.raises(ValidationError, match="coverage"):
        Learn.model_validate({"target": "y", "coverage": share})


def run_of(folder: Path, target: str, limits: str = "") -> Path:
    draw = np.random.default_rng(2)
    income = draw.normal(3000, 800, 400)
    columns = {
        "income": income,
        "rent": income * 0.3 + draw.normal(0, 80, 400),
        "late": np.where(income + draw.normal(0, 600, 400) < 2800, "yes", "no"),
    }
    rows = ["income,rent,late", *(f"{a:.1f},{b:.1f},{c}" for a, b, c in zip(*columns.values(), strict=True))]
    (folder / "homes.csv").write_text("\n".join(rows), encoding="utf-8")
    path = folder / "homes.yaml"
    path.write_text(
        f"name: homes\nsource: {{table: homes.csv}}\n"
        f"learn: {{target: {target}, coverage: 0.9, candidates: [linear], limits: {{time: 120s{limits}}}, split: {{folds: 3}}}}\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("target", ["rent", "late"])
def test_the_report_says_how_often_it_held(tmp_path: Path, target: str) -> None:
    with Workspace(tmp_path / "place") as workspace:
        workspace.run(run_of(tmp_path, target))
        answer = workspace.predict("homes", [{"income": 3000}, {"income": None}])
        assert {"lower", "upper"} <= set(answer.column_names) or isinstance(answer["set"].to_pylist()[0], list)
        told = re.sub(r"<[^>]+>", "", workspace.report("homes").read_text(encoding="utf-8"))
        found = re.search(r"On the rows that no choice had seen it lay there in ([\d.]+)", told)
        assert found
        assert 75 < float(found[1]) <= 100
        assert ("Between which numbers?" in told) == (target == "rent")
        assert ("Among which classes?" in told) == (target == "late")
        assert workspace.decide("homes", [{"income": 3000}]).num_rows == 1


def test_sets_have_no_place_in_onnx(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    with Workspace(tmp_path / "place") as workspace, pytest.raises(ExportError, match="sets of classes"):
        workspace.run(run_of(tmp_path, "late", ", runtime: onnx"))


def test_intervals_are_exported(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    with Workspace(tmp_path / "place") as workspace:
        workspace.run(run_of(tmp_path, "rent", ", runtime: onnx"))
        version = workspace.models.list("homes")[0]
        answer = workspace.predict("homes", [{"income": 3000, "late": "no"}])
    session = onnxruntime.InferenceSession(str(version.folder / "model.onnx"), providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == answer.column_names
