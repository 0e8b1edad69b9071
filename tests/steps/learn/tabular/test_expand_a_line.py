"""Expand a line: by pairs of columns, and by waves of all of them; saved, opened and explained."""

import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring.measure.profile import Profile
from mainspring.model import Question, open_model, seal
from mainspring.steps.learn.kinds import MODELS, learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of

NUMBER = Goal(Question.NUMBER, "y", "rmse")
CLASS = Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes")
MANY = Goal(Question.CLASS, "y", "log_loss", ("a", "b", "c"))
each = pytest.mark.parametrize("name", ["crossed", "waves"])
each_goal = pytest.mark.parametrize("goal", [NUMBER, CLASS, MANY], ids=["a number", "two classes", "three classes"])


def budget() -> Budget:
    return Budget(time.monotonic() + 60.0, 1)


def rows(goal: Goal, n: int = 900, seed: int = 0) -> pa.Table:
    """The truth is a curve: a ring around the middle of two numbers, higher on one side, and more for one category."""
    draw = np.random.default_rng(seed)
    columns = {f"x{j}": draw.normal(size=n) for j in range(4)}
    columns["x2"][draw.random(n) < 0.05] = np.nan
    code = draw.integers(-1, 3, n).astype(np.int32)
    level = np.sin(2.0 * np.hypot(columns["x0"], columns["x1"])) + 0.5 * (code == 2) + 0.1 * draw.normal(size=n)
    if goal.question == Question.NUMBER:
        return pa.table({**columns, "c": code, "y": level * 1e6})
    edges = np.quantile(level, np.linspace(0, 1, len(goal.classes) + 1)[1:-1])
    return pa.table({**columns, "c": code, "y": [goal.classes[k] for k in np.digitize(level, edges)]})


def loss(name: str, goal: Goal) -> float:
    train, valid, tests = rows(goal), rows(goal, 300, seed=2), rows(goal, 2000, seed=1)
    model = learner_named(name).fit(train, valid, goal, budget())
    scores = model.scores(matrix_of(tests, model.card.input))
    if goal.question == Question.NUMBER:
        return float(np.sqrt(np.mean((scores[:, 0] - tests["y"].to_numpy()) ** 2)))
    chosen = [goal.classes.index(label) for label in tests["y"].to_pylist()]
    return float(-np.mean(np.log(scores[np.arange(len(scores)), chosen])))


@each_goal
def test_waves_follow_a_curve(goal: Goal) -> None:
    assert loss("waves", goal) < 0.85 * loss("linear", goal)


@each
@each_goal
def test_a_saved_model_answers_the_same(name: str, goal: Goal, tmp_path: Path) -> None:
    table = rows(goal)
    model = learner_named(name).fit(table.slice(0, 700), table.slice(700), goal, budget())
    model.save(tmp_path)
    opened = open_model(tmp_path, MODELS, seal(tmp_path))
    features = table.drop_columns(["y"])
    assert opened.predict(features) == model.predict(features)
    assert opened.card.input.names == features.column_names
    for record, answer in zip(features.slice(0, 20).to_pylist(), model.predict(features).to_pylist(), strict=False):
        one = opened.predict_one(record)
        assert one.keys() == answer.keys()
        assert all(one[k] == (pytest.approx(v) if isinstance(v, float) else v) for k, v in answer.items())


@each
def test_reasons_add_up_to_the_distance_from_the_usual_answer(name: str) -> None:
    table = rows(NUMBER)
    model = learner_named(name).fit(table, None, NUMBER, budget())
    matrix = matrix_of(table, model.card.input)
    added = model.contributions(matrix)
    assert np.ptp(model.scores(matrix)[:, 0] - added.sum(axis=1)) < 1e-3  # of some million
    assert added.shape == matrix.shape
    assert (np.abs(added[:, :2]).mean(axis=0) > 2 * np.abs(added[:, 3]).mean()).all()


def test_wide_waves_are_smoother() -> None:
    table = rows(NUMBER)
    matrix = matrix_of(table.drop_columns(["y"]), table.drop_columns(["y"]).schema)

    def steepness(width: float) -> float:
        model = learner_named("waves", settings={"width": width}).fit(table, None, NUMBER, budget())
        moved = matrix + np.array([0.05, 0.0, 0.0, 0.0, 0.0])
        return float(np.abs(model.scores(moved) - model.scores(matrix)).mean())

    assert steepness(8.0) < steepness(0.5)


def test_too_many_rows_for_waves_are_refused_with_the_reason() -> None:
    assert learner_named("waves").fits(NUMBER, Profile(rows=1000)) is None
    assert "too many rows" in (learner_named("waves").fits(NUMBER, Profile(rows=300_000)) or "")


@each
def test_a_short_time_is_kept(name: str) -> None:
    draw = np.random.default_rng(0)
    table = pa.table({**{f"x{j}": draw.normal(size=20_000) for j in range(20)}, "y": draw.normal(size=20_000)})
    short = Budget(time.monotonic() + 0.2, 1)
    model = learner_named(name).fit(table, table, NUMBER, short)
    assert np.isfinite(model.scores(matrix_of(table.slice(0, 5), model.card.input))).all()
    if name == "waves":
        assert short.work.paced
        assert len(model.expansion) < 250
