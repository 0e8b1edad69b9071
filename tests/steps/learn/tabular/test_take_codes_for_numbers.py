"""LightGBM may take the codes of categories for numbers, in the order that the preparation gave them."""

import time

import numpy as np
import pyarrow as pa
import pytest

from mainspring.measure.profile import profile
from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of

GOAL = Goal(Question.NUMBER, "y", "rmse")
ORDERED = {"ordered": True}


def rows(n: int = 400) -> pa.Table:
    """The answer grows with the code; some codes are unknown."""
    draw = np.random.default_rng(0)
    size = draw.integers(-1, 8, n).astype(np.int32)
    return pa.table({"size": size, "x": draw.normal(size=n), "y": size + 0.1 * draw.normal(size=n)})


def test_codes_are_cut_between_neighbours() -> None:
    budget = Budget(time.monotonic() + 60.0, 1)
    model = learner_named("lightgbm", settings=ORDERED).fit(rows(), None, GOAL, budget)
    usual = learner_named("lightgbm").fit(rows(), None, GOAL, budget)
    assert "cat_boundaries" not in model.trees
    assert "cat_boundaries" in usual.trees
    assert model.card.input == usual.card.input


def test_unknown_codes_are_answered_as_they_were_learned() -> None:
    table = rows()
    model = learner_named("lightgbm", settings=ORDERED).fit(table, table, GOAL, Budget(time.monotonic() + 60.0, 1))
    unknown = pa.table({"size": pa.array([-1] * 3, pa.int32()), "x": [0.0, 0.5, -0.5]})
    assert model.scores(matrix_of(unknown, model.card.input))[:, 0] == pytest.approx(-1.0, abs=0.3)
    assert [model.predict_one(row)["prediction"] for row in unknown.to_pylist()] == pytest.approx(
        model.predict(unknown)["prediction"].to_pylist()
    )


def test_without_categories_it_is_no_candidate_of_its_own() -> None:
    learner = learner_named("lightgbm", settings=ORDERED)
    numbers = profile(pa.table({"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 4.0]}), "y")
    words = profile(pa.table({"x": ["a", "b", "a"] * 9, "y": [1.0, 2.0, 4.0] * 9}), "y")
    assert "no column is a category" in (learner.fits(GOAL, numbers) or "")
    assert learner.fits(GOAL, words) is None
