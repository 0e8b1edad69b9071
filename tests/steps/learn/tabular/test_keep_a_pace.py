"""Boosting keeps a pace: how large its steps are hangs on how many sums a round learns."""

import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.pace import LARGER, LARGEST, rate_for

STEP = {"lightgbm": "learning_rate", "xgboost": "eta", "catboost": "learning_rate"}


def rate_of(kind: str, classes: tuple[str, ...], settings: dict[str, Any]) -> float:
    dice = np.random.default_rng(0)
    labels = np.array(classes)[dice.integers(len(classes), size=120)]
    table = pa.table({"x": dice.normal(size=120), "z": dice.normal(size=120), "y": labels})
    goal = Goal(Question.CLASS, "y", "log_loss", classes)
    learner = learner_named(kind, settings=settings)
    model: Any = learner.fit(table.slice(0, 90), table.slice(90), goal, Budget(time.monotonic() + 20.0, 1))
    return model.tuned["rate"]


@pytest.mark.parametrize("kind", STEP)
def test_of_three_classes_and_more_the_steps_are_larger(kind: str) -> None:
    two = rate_of(kind, ("a", "b"), {})
    assert rate_of(kind, ("a", "b", "c"), {}) == pytest.approx(LARGER * two)


@pytest.mark.parametrize("kind", STEP)
def test_a_step_that_was_drawn_is_as_much_larger_and_none_is_larger_than_the_largest(kind: str) -> None:
    drawn = {STEP[kind]: 0.03}
    assert rate_of(kind, ("a", "b"), drawn) == 0.03
    assert rate_of(kind, ("a", "b", "c"), drawn) == pytest.approx(LARGER * 0.03)
    assert rate_of(kind, ("a", "b", "c"), {STEP[kind]: 0.3}) == LARGEST


def test_a_number_and_two_classes_keep_their_step() -> None:
    assert [rate_for(0.04, outputs) for outputs in (0, 1, 2)] == [0.04] * 3
