"""Tables that teach little or badly: a clear error or a sensible model, never a crash, never a word on the screen."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring.errors import LearnError, QualityError
from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.kinds import LEARNERS, learner_named
from mainspring.steps.learn.learner import Budget, Goal, Learner
from mainspring.steps.learn.tabular.scores import Scores

CLASS = Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes")
NUMBER = Goal(Question.NUMBER, "y", "rmse")
QUICK = {name: {"tuned": {"rounds": 15}} for name in ("lightgbm", "xgboost", "catboost")}
QUICK |= {name: {"trees": 6} for name in ("random_forest", "extra_trees")}
QUICK |= {name: {"settings": {"epochs": 10}} for name in ("network", "small_network", "linear_network")}
# What ``paired`` does with tables that have names, and that others are not for it, is in test_pair_names.py.
OF_ANY_TABLE = [name for name, place in LEARNERS.items() if ".tabular." in place and name != "paired"]
each = pytest.mark.parametrize("name", OF_ANY_TABLE)
each_of_classes = pytest.mark.parametrize("name", [name for name in OF_ANY_TABLE if name != "least_squares"])


def quick(name: str) -> Learner:
    return learner_named(name, **QUICK.get(name, {}))


def goal_for(name: str) -> Goal:
    return NUMBER if name == "least_squares" else CLASS


def target(name: str, n: int) -> pa.Array:
    return pa.array(np.arange(n, dtype=float)) if name == "least_squares" else pa.array(["no", "yes"] * (n // 2))


@pytest.fixture(autouse=True)
def silent(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    yield
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@each
def test_no_feature(name: str, budget: Budget) -> None:
    with pytest.raises(QualityError, match="no column is left") as told:
        quick(name).fit(pa.table({"y": target(name, 20)}), None, goal_for(name), budget)
    assert "prepare.types" in told.value.remedy


@each
def test_no_row(name: str, budget: Budget) -> None:
    table = pa.table(
        {"x": pa.array([], pa.float64()), "y": target(name, 0).cast("string" if name != "least_squares" else "double")}
    )
    with pytest.raises(QualityError, match="no row"):
        quick(name).fit(table, None, goal_for(name), budget)


@each_of_classes
def test_one_class(name: str, budget: Budget) -> None:
    table = pa.table({"x": np.arange(20.0), "y": ["no"] * 20})
    with pytest.raises(QualityError, match="one class"):
        quick(name).fit(table, None, CLASS, budget)


@each
def test_constant_features(name: str, budget: Budget) -> None:
    table = pa.table({"x": np.ones(40), "c": pa.array([3] * 40, pa.int32()), "y": target(name, 40)})
    if name == "catboost":
        with pytest.raises(LearnError, match="every feature is constant"):
            quick(name).fit(table, None, goal_for(name), budget)
        return
    model = quick(name).fit(table, None, goal_for(name), budget)
    middle = 19.5 if name == "least_squares" else 0.5
    assert list(model.predict_one({"x": 1.0, "c": 3}).values())[-1] == pytest.approx(middle, abs=0.02)


@each
def test_two_rows(name: str, budget: Budget) -> None:
    table = pa.table({"x": [0.0, 1.0], "y": target(name, 2)})
    model = quick(name).fit(table, None, goal_for(name), budget)
    assert len(model.predict(table)) == 2


@each
def test_nothing_but_missing_values(name: str, budget: Budget) -> None:
    table = pa.table({"x": np.full(40, np.nan), "c": pa.array([-1] * 40, pa.int32()), "y": target(name, 40)})
    if name == "catboost":
        with pytest.raises(LearnError, match="every feature is constant"):
            quick(name).fit(table, None, goal_for(name), budget)
        return
    model = quick(name).fit(table, None, goal_for(name), budget)
    assert len(model.predict(table)) == 40


@each
@pytest.mark.parametrize("extreme", [np.inf, -np.inf, 1e9, 1e300, -1e300])
def test_numbers_beyond_reason(name: str, extreme: float, budget: Budget) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=200)
    y = x * 3.0 if name == "least_squares" else np.where(x > 0, "yes", "no")
    x[::20] = extreme
    table = pa.table({"x": x, "z": draw.normal(size=200), "y": y})
    model = quick(name).fit(table.slice(0, 150), table.slice(150), goal_for(name), budget)
    answers = model.predict(table).to_pylist()
    assert all(np.isfinite(v) for row in answers for v in row.values() if isinstance(v, float))


@each
@pytest.mark.parametrize("level", [1e9, 1e-9, -1e15])
def test_targets_far_from_one(name: str, level: float, budget: Budget) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=400)
    y = level * (1.0 + 0.001 * x)
    model = quick(name).fit(pa.table({"x": x, "y": y}), None, NUMBER, budget)
    error = model.predict(pa.table({"x": x}))["prediction"].to_numpy() - y
    assert error.std() < 0.8 * y.std()


@each
def test_a_constant_target(name: str, budget: Budget) -> None:
    table = pa.table({"x": np.arange(50.0), "y": np.full(50, 7.0)})
    if name == "catboost":
        with pytest.raises(LearnError, match="the target is constant"):
            quick(name).fit(table, None, NUMBER, budget)
        return
    model = quick(name).fit(table, None, NUMBER, budget)
    assert model.predict_one({"x": 3.0})["prediction"] == pytest.approx(7.0)


@each_of_classes
def test_a_class_that_this_part_does_not_have(name: str, budget: Budget) -> None:
    goal = Goal(Question.CLASS, "y", "log_loss", ("a", "b", "c", "d"))
    draw = np.random.default_rng(0)
    x = draw.normal(size=300)
    table = pa.table({"x": x, "y": np.array(["a", "c", "d"])[np.digitize(x, [-0.5, 0.5])]})
    missing_d = table.filter(pa.array([y != "d" for y in table["y"].to_pylist()]))
    for train, valid in ((table, None), (missing_d, table), (missing_d.slice(0, 20), None)):
        model = quick(name).fit(train, valid, goal, budget)
        chance = model.predict(table)["probability_b"].to_numpy()
        assert (chance < 0.05).all()


@each_of_classes
def test_many_classes(name: str, budget: Budget) -> None:
    classes = tuple(range(60))
    goal = Goal(Question.CLASS, "y", "log_loss", classes)
    draw = np.random.default_rng(0)
    y = draw.integers(0, 60, 900)
    table = pa.table({"x": y + draw.normal(size=900) * 0.1, "z": (y % 7) + draw.normal(size=900) * 0.1, "y": y})
    learner = quick(name)
    if learner.fits(goal, Profile(rows=900)) is not None:
        return
    model = learner.fit(table, None, goal, budget)
    answer = model.predict(table)
    assert answer.num_columns == 61
    # A decision tree has 16 leaves, a straight line 60 classes on two axes.
    assert (answer["prediction"].to_numpy() == y).mean() > (
        0.1 if name in ("decision_tree", "linear", "linear_network") else 0.5
    )


@each_of_classes
def test_rare_classes_keep_honest_probabilities(name: str, budget: Budget) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(3000, 3))
    rare = draw.random(3000) < 1 / (1 + np.exp(5.0 - x[:, 0]))
    table = pa.table({f"x{j}": x[:, j] for j in range(3)} | {"y": np.where(rare, "yes", "no")})
    model = quick(name).fit(table, None, CLASS, budget)
    assert model.predict(table)["probability_yes"].to_numpy().mean() == pytest.approx(rare.mean(), abs=0.01)


@each
def test_rows_that_weigh_nothing_teach_nothing(name: str, budget: Budget) -> None:
    x = np.tile(np.arange(100.0), 4)
    true = np.where(x >= 50, "yes", "no") if name != "least_squares" else x
    false = np.where(x >= 50, "no", "yes") if name != "least_squares" else -x
    goal = goal_for(name)
    goal = Goal(goal.question, "y", goal.metric, goal.classes, goal.positive, weight="w")
    table = pa.table({"x": [*x, *x], "y": [*true, *false], "w": [1.0] * 400 + [1e-6] * 400})
    model = quick(name).fit(table, None, goal, budget)
    assert isinstance(model, Scores)
    assert model.card.input.names == ["x"]
    high = model.predict_one({"x": 90.0})["prediction"]
    assert high == ("yes" if name != "least_squares" else pytest.approx(90.0, abs=0.1))


@each
def test_when_the_time_is_up_there_is_still_a_model(name: str, numbers: Callable[..., pa.Table]) -> None:
    features = numbers(3000, 20)
    y = features["x0"].to_numpy() + features["x1"].to_numpy()
    table = features.append_column("y", pa.array(y if name == "least_squares" else np.where(y > 0, "yes", "no")))
    over = Budget(time.monotonic() - 1.0, 1)
    model = learner_named(name).fit(table.slice(0, 2500), table.slice(2500), goal_for(name), over)
    assert model.tuned.get("rounds", 1.0) <= 2.0
    assert len(model.predict(features)) == 3000


@each
def test_several_threads_are_as_silent_as_one(name: str) -> None:
    codes = pa.array(np.arange(4000) % 7 - 1, pa.int32())
    table = pa.table({"x": np.arange(4000.0), "c": codes, "y": target(name, 4000)})
    model = quick(name).fit(table, table, goal_for(name), Budget(time.monotonic() + 60.0, 2))
    assert len(model.predict(table)) == 4000


@pytest.mark.parametrize("weights", [[1.0, None], [1.0, -1.0], [0.0, 0.0], [1.0, np.inf]])
def test_weights_that_are_none(weights: list[float | None], budget: Budget) -> None:
    goal = Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes", weight="w")
    table = pa.table({"x": np.arange(20.0), "y": ["no", "yes"] * 10, "w": weights * 10})
    with pytest.raises(QualityError, match="weight"):
        learner_named("linear").fit(table, None, goal, budget)
