"""Compare candidates on as many folds as the good ones went through."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from mainspring.model import Question
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.portfolio import PORTFOLIO
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.comparable import comparable
from mainspring.steps.learn.trial.fold import FoldResult
from mainspring.steps.learn.trial.judge import Judge

FOLDS, ROWS = 5, 60


def truth_of(rows: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=FOLDS * rows)


def judging(rows: int) -> Judge:
    """By so many rows a fold."""
    parts = np.split(np.arange(FOLDS * rows), FOLDS)
    folds = [(np.setdiff1d(np.arange(FOLDS * rows), part), part) for part in parts]
    goal = Goal(Question.NUMBER, "y", "rmse")
    return Judge(pa.table({"y": truth_of(rows)}), folds, goal, cast(Any, SimpleNamespace(stakes=None)))


@pytest.fixture
def judge() -> Judge:
    return judging(ROWS)


def gone_through(errors: list[tuple[float, int]], rows: int = ROWS) -> list[Try]:
    """A try for each (error, folds): its answers are off by about so much."""
    dice, truths = np.random.default_rng(0), truth_of(rows)

    def result(error: float, fold: int) -> FoldResult:
        truth = truths[fold * rows : (fold + 1) * rows]
        return FoldResult((truth + error * dice.normal(size=rows))[:, None], {}, 1.0, {"p50": 0.01, "p95": 0.01})

    entries = zip(PORTFOLIO, errors, strict=False)
    return [Try(entry.learner(), {f: result(e, f) for f in range(n)}) for entry, (e, n) in entries]


def test_as_many_folds_as_enough_went_through(judge: Judge) -> None:
    tries = gone_through([(0.5, 5), (0.52, 5), (0.51, 5), (0.5, 3), (0.8, 1)])
    some, on = comparable(tries, judge)
    assert (len(some), on.folds) == (3, 5)


def test_a_far_better_one_without_time_for_more_is_not_forgotten(judge: Judge) -> None:
    tries = gone_through([(0.5, 5), (0.52, 5), (0.51, 5), (0.1, 3), (0.8, 1)])
    some, on = comparable(tries, judge)
    assert tries[3].learner.name in some
    assert on.folds == 3


def test_chance_alone_costs_no_folds(judge: Judge) -> None:
    tries = gone_through([(0.5, 5), (0.5, 5), (0.5, 5), (0.49, 1)])
    assert comparable(tries, judge)[1].folds == 5


def test_of_none_there_is_none(judge: Judge) -> None:
    assert comparable([], judge)[0] == {}


def test_one_that_knows_next_to_nothing_is_not_one_to_choose_among(judge: Judge) -> None:
    tries = gone_through([(0.3, 5), (0.31, 5), (0.95, 5), (0.3, 3), (0.31, 1)])
    some, on = comparable(tries, judge)
    assert on.folds == 3
    assert tries[3].learner.name in some


def test_where_rows_are_many_a_better_blend_is_worth_folds() -> None:
    errors = [(0.5, 5), (0.52, 5), (0.51, 5), (0.5, 2), (0.5, 2), (0.8, 1)]
    some, on = comparable(gone_through(errors, 1_600), judging(1_600))
    assert (len(some), on.folds) == (5, 2)
    some, on = comparable(gone_through(errors, 600), judging(600))
    assert (len(some), on.folds) == (3, 5)
