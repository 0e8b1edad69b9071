"""Judge: puts the answers of the folds together, and says how good they are."""

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.measure.metrics import METRICS, all_scores, score
from mainspring.measure.stakes import MOST_JUDGED, surely_more
from mainspring.model import Question
from mainspring.steps.learn.learner import Folds, Goal
from mainspring.steps.learn.tabular.lesson import truth_of, weights_of
from mainspring.steps.learn.terms import Terms
from mainspring.steps.learn.trial.fold import FoldResult

SURELY = 2.0
"""Standard errors."""
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Judge:
    """Judges answers for :attr:`rows`, the validation rows of all folds, whose truths are :attr:`truth` and weights :attr:`weights`.

    It follows the goal's metric, or its proxy; where those rows do not define it (ROC AUC of one class), the log loss or RMSE.
    Profit is what the whole decision gains on them (:class:`Stakes`), the threshold of each told from others.
    """

    def __init__(self, table: pa.Table, folds: Folds, goal: Goal, terms: Terms) -> None:
        self._goal = goal
        self.rows = np.concatenate([np.asarray(valid, dtype=np.int64) for _, valid in folds])
        self.truth = truth_of(table, goal)[self.rows]
        weights = weights_of(table, goal)
        self.weights = None if weights is None else weights[self.rows]
        self._stakes = None if terms.stakes is None else terms.stakes.some(self.rows)
        self._ends = np.cumsum([len(valid) for _, valid in folds]).tolist()
        self._positive = None if goal.positive is None else goal.classes.index(goal.positive)
        self._metric = self._followed()

    @property
    def folds(self) -> int:
        return len(self._ends)

    @property
    def parts(self) -> list[slice]:
        """Where the rows of each fold stand in :attr:`rows`."""
        return [slice(start, end) for start, end in pairwise([0, *self._ends])]

    def first(self, folds: int) -> Self:
        """The judge of the first so many folds alone."""
        other = self._some(np.arange(self._ends[folds - 1]))
        other._ends = self._ends[:folds]
        return other

    def drawn(self, rows: Ints) -> Callable[[Floats], float]:
        """:meth:`surer` of answers for some of :attr:`rows`, by their numbers, which may be there several times."""
        other = self._some(rows)
        if self.follows_gain:
            other._metric = "log_loss"
        return other.surer

    def seconds(self, rows: int) -> float:
        """What judging answers for so many rows takes, drawn as :meth:`drawn` is."""
        some = np.arange(min(len(self.rows), rows))
        answers = np.random.default_rng(0).dirichlet(np.ones(max(1, len(self._goal.classes))), len(some))
        judge = self.drawn(some)
        began = time.monotonic()
        judge(answers)
        return time.monotonic() - began

    def _some(self, rows: Ints) -> Self:
        other = copy(self)
        other.rows, other.truth = self.rows[rows], self.truth[rows]
        if self.weights is not None:
            weights = self.weights[rows]
            other.weights = weights if weights.any() else None
        other._stakes = None if self._stakes is None else self._stakes.some(rows)
        other._metric = other._followed()
        return other

    def answers(self, results: Mapping[int, FoldResult]) -> Floats:
        return np.concatenate([results[i].scores for i in range(self.folds)])

    def of(self, answers: Floats) -> float:
        """How good answers for :attr:`rows` are, by what the search follows; greater is better."""
        if self.follows_gain:
            gained, _, weights = self._followed_gain(answers)
            return float(np.average(gained, weights=weights))
        return self._signed(self._metric, answers)

    def surer(self, answers: Floats) -> float:
        """The same by what chance moves least: of money, by the log loss."""
        return self._signed("log_loss" if self.follows_gain else self._metric, answers)

    @property
    def follows_gain(self) -> bool:
        return self._metric == "profit"

    def prefers(self, some: Floats, others: Floats) -> bool:
        """Whether decisions by ``some`` answers gain more than by ``others``, by more than a standard error of the difference."""
        (one, rows, weights), (other, _, _) = self._followed_gain(some), self._followed_gain(others)
        return surely_more(one, other, np.searchsorted(self._ends, rows, side="right"), weights)

    def metrics(self, answers: Floats) -> dict[str, float]:
        measured = all_scores(self.truth, answers, self._goal.question, positive=self._positive, weights=self.weights)
        return measured if self._stakes is None else {"profit": self._score("profit", answers, slice(None)), **measured}

    def spread(self, results: Mapping[int, FoldResult]) -> float:
        """The standard deviation over the folds of the goal's metric; folds that do not define it (ROC AUC of one class) aside."""
        return _deviation(self._by_fold(self.answers(results))) or 0.0

    def spread_between(self, some: Floats, others: Floats) -> float | None:
        """The same of the difference between two answers; None where fewer than two folds define it."""
        pairs = zip(self._by_fold(some), self._by_fold(others), strict=True)
        return _deviation([one - other for one, other in pairs])

    def surely_better(self, some: Floats, others: Floats) -> bool:
        """Whether some answers are better by the goal's metric, by more than two standard errors of the mean difference over the folds."""
        pairs = zip(self._by_fold(some), self._by_fold(others), strict=True)
        apart = [METRICS[self._goal.metric].sign * (one - other) for one, other in pairs]
        spread, defined = _deviation(apart), [value for value in apart if np.isfinite(value)]
        return spread is not None and float(np.mean(defined)) > SURELY * spread / len(defined) ** 0.5

    def measured(self, answers: Floats) -> float:
        """The goal's metric, in its own unit; NaN where the rows do not define it."""
        return self._score(self._goal.metric, answers, slice(None))

    def unit(self, value: float) -> float:
        """What :meth:`of` said, in the unit of the metric that is followed."""
        return METRICS[self._metric].sign * value

    @property
    def metric(self) -> str:
        """The title of the metric that is followed."""
        return METRICS[self._metric].title

    def _followed(self) -> str:
        goal = self._goal
        metric = METRICS[goal.metric].proxy or goal.metric
        even = np.full((len(self.rows), len(goal.classes) or 1), 1.0 / max(1, len(goal.classes)))
        if np.isfinite(self._score(metric, even, slice(None))):
            return metric
        return "rmse" if goal.question == Question.NUMBER else "log_loss"

    def _by_fold(self, answers: Floats) -> list[float]:
        """The goal's metric on each fold."""
        parts = np.split(np.arange(len(self.rows)), self._ends[:-1])
        if self._goal.metric == "profit" and self._stakes is not None:
            gained = self._stakes.earned(self.truth.astype(np.int64), answers, self.weights)
            weights = np.ones(len(gained)) if self.weights is None else self.weights
            return [
                float(np.average(gained[part], weights=weights[part])) if weights[part].any() else np.nan
                for part in parts
            ]
        return [self._score(self._goal.metric, answers[part], part) for part in parts]

    def _signed(self, metric: str, answers: Floats) -> float:
        value = self._score(metric, answers, slice(None))
        return METRICS[metric].sign * value if np.isfinite(value) else -np.inf

    def _followed_gain(self, answers: Floats) -> tuple[Floats, Ints, Floats | None]:
        """What the decisions gain, smoothed so that it can be followed; for which of :attr:`rows`; and these rows' weights."""
        assert self._stakes is not None  # the metric is profit only where there are gains
        count = len(self.rows)
        some = np.unique(np.linspace(0, count - 1, min(count, MOST_JUDGED)).astype(np.int64))
        weights = None if self.weights is None else self.weights[some]
        stakes = self._stakes if len(some) == count else self._stakes.some(some)
        return stakes.earned(self.truth[some].astype(np.int64), answers[some], weights, smooth=True), some, weights

    def _score(self, metric: str, answers: Floats, rows: Ints | slice) -> float:
        weights = None if self.weights is None else self.weights[rows]
        if metric == "profit" and self._stakes is not None:
            # Asked of all rows only: a part of them would choose another threshold.
            gained = self._stakes.earned(self.truth.astype(np.int64), answers, self.weights)
            return float(np.average(gained, weights=self.weights))
        return score(metric, self.truth[rows], answers, positive=self._positive, weights=weights)


def _deviation(values: Sequence[float]) -> float | None:
    """Of those that are defined, the standard deviation; None of fewer than two."""
    defined = [value for value in values if np.isfinite(value)]
    return float(np.std(defined, ddof=1)) if len(defined) > 1 else None
