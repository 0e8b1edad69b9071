"""A blend walks its members' trees together, and symmetric ones all at once: the answers are those of each member alone."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mainspring.model import Question, open_model, seal
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.coverage import Coverage
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.kinds import MODELS, learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.lightgbm.engine import Engine
from mainspring.steps.learn.tabular.lightgbm.pieces import threads
from mainspring.steps.learn.tabular.lightgbm.symmetric import Symmetric, beside
from mainspring.steps.learn.tabular.lightgbm.text import Tree, model_text
from mainspring.steps.learn.tabular.log_target.fit import LogTarget
from mainspring.steps.learn.tabular.scores import Sums

GOALS = {
    "two classes": Goal(Question.CLASS, "y", "log_loss", (0, 1), 1),
    "four classes": Goal(Question.CLASS, "y", "log_loss", (0, 1, 2, 3)),
    "a number": Goal(Question.NUMBER, "y", "rmse"),
}
CALIBRATIONS = {
    "two classes": Calibration("platt", (1.1, 0.05)),
    "four classes": Calibration("temperature", (1.3,)),
    "a number": Calibration(),
}
KINDS = {"lightgbm": 20, "xgboost": 35, "catboost": 30, "linear": None, "extra_trees": None}
each_goal = pytest.mark.parametrize("asked", GOALS)


def lesson(goal: Goal, make: Callable[..., pa.Table]) -> pa.Table:
    features = make(400, 4, missing=0.1).append_column("plan", pa.array(np.arange(400) % 5 - 1, pa.int32()))
    level = sum(np.nan_to_num(features[name].to_numpy()) * (j + 1) for j, name in enumerate(features.column_names))
    if goal.question == Question.NUMBER:
        return features.append_column("y", pa.array(np.exp(level / 10)))
    edges = np.quantile(level, np.linspace(0, 1, len(goal.classes) + 1)[1:-1])
    return features.append_column("y", pa.array(np.digitize(level, edges)))


def members_of(goal: Goal, train: pa.Table, budget: Budget) -> list[Any]:
    told: dict[str, dict[str, Any]] = {n: {} if r is None else {"tuned": {"rounds": r}} for n, r in KINDS.items()}
    told["extra_trees"] = {"trees": 10}
    learners = [learner_named(name, **more) for name, more in told.items()]
    learners.append(learner_named("catboost", settings={"depth": 3}, tuned={"rounds": 12}))
    if goal.question == Question.NUMBER:
        learners += [LogTarget("log", learner_named(name, **told[name])) for name in ("lightgbm", "linear")]
    return [learner.fit(train, None, goal, budget) for learner in learners]


@each_goal
@pytest.mark.parametrize("rows", [1, 7, 400])
def test_a_blend_answers_as_the_mean_of_its_members(
    asked: str, rows: int, budget: Budget, numbers: Callable[..., pa.Table], tmp_path: Path
) -> None:
    goal = GOALS[asked]
    train = lesson(goal, numbers)
    members = members_of(goal, train, budget)
    weights = np.arange(1.0, len(members) + 1) / np.arange(1.0, len(members) + 1).sum()
    coverage = Coverage(0.9, 0.4)
    blend = Blend(replace(members[0].card, kind="blend"), members, weights.tolist(), CALIBRATIONS[asked], coverage)
    features = train.select(members[0].card.input.names).slice(0, rows)
    matrix = matrix_of(features, members[0].card.input)
    mean = np.sum([m.scores(matrix) * w for m, w in zip(members, weights, strict=True)], axis=0)
    expected = CALIBRATIONS[asked].apply(mean)
    assert blend.scores(matrix) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    one_by_one = pa.Table.from_pylist([dict(blend.predict_one(r)) for r in features.to_pylist()], blend.card.answer)
    for name in blend.card.answer.names[1 : 1 + len(goal.classes)] or ["prediction", "lower", "upper"]:
        assert one_by_one[name].to_numpy() == pytest.approx(
            blend.predict(features)[name].to_numpy(), rel=1e-12, abs=1e-12
        )
    blend.save(tmp_path)
    seal(tmp_path)
    opened: Any = open_model(tmp_path, MODELS)
    assert opened.predict(features) == blend.predict(features) == pickle.loads(pickle.dumps(blend)).predict(features)


@st.composite
def symmetric_trees(draw: st.DrawFn) -> tuple[str, int, np.ndarray]:
    """Trees of every depth, whose thresholds recur, in LightGBM's text; their outputs; rows with values at every border."""
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    outputs, features = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    borders = np.sort(dice.normal(size=5))
    missing_left = dice.random(features) < 0.5
    trees = []
    for _ in range(outputs * draw(st.integers(1, 6))):
        depth = int(dice.integers(0, 5))
        levels = np.repeat(np.arange(depth), 2 ** np.arange(depth))
        feature = dice.integers(0, features, depth)[levels]
        inner, leaves = 2**depth - 1, 2**depth
        node = np.arange(inner + leaves)
        none = np.zeros(leaves, np.int64)
        trees.append(
            Tree(
                np.append(feature, none), np.append(dice.choice(borders, depth)[levels], none), np.where(node < inner, 2 * node + 1, -1),
                np.where(node < inner, 2 * node + 2, -1), np.append(missing_left[feature], none).astype(bool),
                dice.normal(size=inner + leaves), np.ones(inner + leaves),
            )
        )  # fmt: skip
    values = st.sampled_from([*borders.tolist(), np.nan, np.inf, -np.inf, 0.0]) | st.floats(-3, 3)
    rows = draw(arrays(np.float64, (draw(st.integers(1, 9)), features), elements=values))
    return model_text(trees, features, outputs), outputs, rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=symmetric_trees())
def test_symmetric_trees_answer_as_the_engine(drawn: tuple[str, int, np.ndarray]) -> None:
    text, outputs, rows = drawn
    engine, quick = Engine(text, rows.shape[1]), Symmetric.of(text, outputs)
    assert quick is not None
    assert quick.raw(rows) == pytest.approx(engine.raw(rows), rel=1e-12, abs=1e-12)
    assert quick.raw(rows[:1]) == pytest.approx(engine.raw(rows[:1]), rel=1e-12, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(several=st.lists(symmetric_trees(), min_size=2, max_size=4))
def test_those_of_several_models_answer_as_each_alone(several: list[tuple[str, int, np.ndarray]]) -> None:
    width = max(rows.shape[1] for _, _, rows in several)
    rows = np.concatenate([np.pad(own, ((0, 0), (0, width - own.shape[1]))) for _, _, own in several])
    each = [(Symmetric.of(text, outputs), outputs) for text, outputs, _ in several]
    raw = beside([Sums(outputs, trees=one, together=beside) for one, outputs in each], width)
    alone = np.concatenate([one.raw(rows) for one, _ in each if one is not None], axis=1)
    assert np.array_equal(raw(rows), alone)
    one_by_one = np.concatenate([raw(rows[i : i + 1]) for i in range(len(rows))])
    assert one_by_one == pytest.approx(alone, rel=1e-12, abs=1e-12)
    single = np.concatenate([one.raw(rows[:1]) for one, _ in each if one is not None], axis=1)
    assert np.array_equal(one_by_one[:1], single)


@each_goal
def test_many_rows_through_many_trees_answer_as_each_alone(
    asked: str, budget: Budget, numbers: Callable[..., pa.Table]
) -> None:
    goal = GOALS[asked]
    train = lesson(goal, numbers)
    for name in ("lightgbm", "catboost"):
        model: Any = learner_named(name, tuned={"rounds": 150}).fit(train, None, goal, budget)
        matrix = matrix_of(train.select(model.card.input.names), model.card.input)
        alone = np.concatenate([model.scores(matrix[i : i + 1]) for i in range(len(matrix))])
        many = model.scores(np.tile(matrix, (11, 1)))
        assert many == pytest.approx(np.tile(alone, (11, 1)), rel=1e-12, abs=1e-12)
        # What was asked for a table leaves no trace in the engine.
        assert model.scores(matrix[:1]) == pytest.approx(alone[:1], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("allowed", ["1", "2", "5"])
def test_any_number_of_threads_answers_the_same_and_in_order(
    monkeypatch: pytest.MonkeyPatch, budget: Budget, numbers: Callable[..., pa.Table], allowed: str
) -> None:
    goal = GOALS["four classes"]
    train = lesson(goal, numbers)
    model: Any = learner_named("lightgbm", tuned={"rounds": 40}).fit(train, None, goal, budget)
    engine = Engine(model.walked, len(model.card.input))
    few = matrix_of(train.select(model.card.input.names), model.card.input)
    alone = np.concatenate([engine.raw(few[i : i + 1]) for i in range(len(few))])
    monkeypatch.setenv("OMP_NUM_THREADS", allowed)
    assert threads() == int(allowed)
    for times in (0, 1, 2, 11):
        many = np.tile(few, (times, 1))
        assert engine.raw(many) == pytest.approx(np.tile(alone, (times, 1)), rel=1e-12, abs=1e-12)
        leaves = engine.leaves(many)
        assert leaves.shape == (len(many), engine.trees)
        assert (
            not times
            or (leaves[-len(few) :] == np.concatenate([engine.leaves(few[i : i + 1]) for i in range(400)])).all()
        )


def test_trees_that_differ_along_a_level_are_walked() -> None:
    two = np.array([0, 1, 1, 0, 0, 0, 0])
    left, right = np.array([1, 3, 5, -1, -1, -1, -1]), np.array([2, 4, 6, -1, -1, -1, -1])
    tree = Tree(two, np.array([0.0, 1.0, 2.0, 0, 0, 0, 0]), left, right, np.zeros(7, bool), np.arange(7.0), np.ones(7))
    assert Symmetric.of(model_text([tree], 2, 1), 1) is None
    same = replace(tree, threshold=np.array([0.0, 1.0, 1.0, 0, 0, 0, 0]))
    assert Symmetric.of(model_text([same], 2, 1), 1) is not None
