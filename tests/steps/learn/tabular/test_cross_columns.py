"""Cross columns: pairs of numbers and of categories, for what a line of single columns cannot tell."""

import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.expanded.pairs import MOST_COMBINATIONS, MOST_PRODUCTS, Pairs

NUMBER = Goal(Question.NUMBER, "y", "rmse")
CLASS = Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes")
MANY = Goal(Question.CLASS, "y", "log_loss", ("a", "b", "c"))


def budget() -> Budget:
    return Budget(time.monotonic() + 60.0, 1)


def rows(goal: Goal, n: int = 900, seed: int = 0) -> pa.Table:
    """The truth is of a product of two numbers and of two categories together, which none of them tells alone."""
    draw = np.random.default_rng(seed)
    columns = {f"x{j}": draw.normal(size=n) for j in range(4)}
    columns["x0"][draw.random(n) < 0.05] = np.nan
    codes = {f"c{j}": draw.integers(-1, 3, n).astype(np.int32) for j in range(2)}
    level = np.nan_to_num(columns["x0"]) * columns["x1"] + 2.0 * (codes["c0"] == codes["c1"])
    level = level + 0.3 * draw.normal(size=n)
    if goal.question == Question.NUMBER:
        return pa.table({**columns, **codes, "y": level})
    edges = np.quantile(level, np.linspace(0, 1, len(goal.classes) + 1)[1:-1])
    return pa.table({**columns, **codes, "y": [goal.classes[k] for k in np.digitize(level, edges)]})


def loss(name: str, goal: Goal) -> float:
    model = learner_named(name).fit(rows(goal), None, goal, budget())
    tests = rows(goal, 2000, seed=1)
    scores = model.scores(matrix_of(tests, model.card.input))
    if goal.question == Question.NUMBER:
        return float(np.sqrt(np.mean((scores[:, 0] - tests["y"].to_numpy()) ** 2)))
    chosen = [goal.classes.index(label) for label in tests["y"].to_pylist()]
    return float(-np.mean(np.log(scores[np.arange(len(scores)), chosen])))


@pytest.mark.parametrize("goal", [NUMBER, CLASS, MANY], ids=["a number", "two classes", "three classes"])
def test_pairs_tell_what_single_columns_do_not(goal: Goal) -> None:
    assert loss("crossed", goal) < 0.7 * loss("linear", goal)


def test_the_columns_of_pairs_are_the_reasons() -> None:
    table = rows(NUMBER)
    model = learner_named("crossed").fit(table, None, NUMBER, budget())
    told = np.abs(model.contributions(matrix_of(table, model.card.input))).mean(axis=0)
    assert set(np.argsort(told)[-4:]) == {0, 1, 4, 5}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([np.nan, np.inf, -np.inf, 1e300, 0.0]))
def test_whatever_a_row_holds_the_pairs_are_finite(seed: int, odd: float) -> None:
    table = rows(NUMBER, 200, seed)
    features = table.drop_columns(["y"])
    matrix = matrix_of(features, features.schema)
    pairs = Pairs.of(matrix, (4, 5), table["y"].to_numpy()[:, None])
    matrix[::3, 0] = odd
    matrix[::4, 4] = 99
    made = pairs.expand(matrix)[:, matrix.shape[1] :]
    assert np.isfinite(made).all()
    assert made.shape[1] == len(pairs) == len(pairs.origins)
    assert (made[:, len(pairs.products) :] >= 0).all()


def test_of_many_columns_some_pairs_are_taken() -> None:
    draw = np.random.default_rng(0)
    matrix = np.column_stack([draw.normal(size=(400, 90)), draw.integers(0, 4, (400, 30))])
    truth = (matrix[:, 3] * matrix[:, 5])[:, None]
    pairs = Pairs.of(matrix, tuple(range(90, 120)), truth)
    assert len(pairs.products) == 40 < MOST_PRODUCTS
    assert 0 < len(pairs.combinations) < MOST_COMBINATIONS


def test_where_there_is_nothing_to_be_crossed_with_it_is_a_line() -> None:
    table = rows(CLASS).select(["c0", "y"])
    line, crossed = (learner_named(name).fit(table, None, CLASS, budget()) for name in ("linear", "crossed"))
    assert crossed.predict(table) == line.predict(table)
    assert learner_named("crossed").fits(CLASS, Profile(rows=100)) is None
