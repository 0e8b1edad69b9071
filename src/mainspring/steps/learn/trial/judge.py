"""Judge: puts the answers of the folds together, and says how good they are."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.measure.metrics import METRICS, all_scores, score
from mainspring.model import Question
from mainspring.steps.learn.learner import Folds, Goal
from mainspring.steps.learn.tabular.lesson import truth_of, weights_of
from mainspring.steps.learn.terms import Terms
from mainspring.steps.learn.trial.fold import FoldResult

Floats = npt.NDArray[np.float64]


class Judge:
    """Judges answers for :attr:`rows`, the validation rows of all folds, whose truths are :attr:`truth` and weights :attr:`weights`.

    It follows the goal's metric, or its proxy; where those rows do not define it (ROC AUC of one class), the log loss or RMSE.
    """

    def __init__(self, table: pa.Table, folds: Folds, goal: Goal, terms: Terms) -> None:
        self._goal, self._gains = goal, terms.gains
        self.rows = np.concatenate([np.asarray(valid, dtype=np.int64) for _, valid in folds])
        self.truth = truth_of(table, goal)[self.rows]
        weights = weights_of(table, goal)
        self.weights = None if weights is None else weights[self.rows]
        self._ends = np.cumsum([len(valid) for _, valid in folds]).tolist()
        self._positive = None if goal.positive is None else goal.classes.index(goal.positive)
        self._metric = self._followed()

    @property
    def folds(self) -> int:
        return len(self._ends)

    def first(self, folds: int) -> Self:
        """The judge of the first so many folds alone."""
        other, end = copy(self), self._ends[folds - 1]
        other.rows, other.truth = self.rows[:end], self.truth[:end]
        other.weights = None if self.weights is None else self.weights[:end]
        other._ends = self._ends[:folds]
        other._metric = other._followed()
        return other

    def answers(self, results: Mapping[int, FoldResult]) -> Floats:
        return np.concatenate([results[i].scores for i in range(self.folds)])

    def of(self, answers: Floats) -> float:
        """How good answers for :attr:`rows` are, by what the search follows; greater is better."""
        value = self._value(answers)
        return self._sign * value if np.isfinite(value) else -np.inf

    def metrics(self, answers: Floats) -> dict[str, float]:
        return all_scores(
            self.truth, answers, self._goal.question, positive=self._positive, gains=self._gains, weights=self.weights
        )

    def spread(self, results: Mapping[int, FoldResult]) -> float:
        """The standard deviation over the folds of the goal's metric; folds that do not define it (ROC AUC of one class) aside."""
        return _deviation(self._by_fold(self.answers(results))) or 0.0

    def spread_between(self, some: Floats, others: Floats) -> float | None:
        """The same of the difference between two answers; None where fewer than two folds define it."""
        pairs = zip(self._by_fold(some), self._by_fold(others), strict=True)
        return _deviation([one - other for one, other in pairs])

    def measured(self, answers: Floats) -> float:
        """The goal's metric, in its own unit; NaN where the rows do not define it."""
        return self._score(self._goal.metric, answers, slice(None))

    def unit(self, value: float) -> float:
        """What :meth:`of` said, in the unit of the metric that is followed."""
        return self._sign * value

    @property
    def metric(self) -> str:
        """The title of the metric that is followed."""
        return METRICS[self._metric].title

    @property
    def _sign(self) -> float:
        return 1.0 if METRICS[self._metric].greater_is_better else -1.0

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
        return [self._score(self._goal.metric, answers[part], part) for part in parts]

    def _value(self, answers: Floats) -> float:
        return self._score(self._metric, answers, slice(None))

    def _score(self, metric: str, answers: Floats, rows: npt.NDArray[np.int64] | slice) -> float:
        weights = None if self.weights is None else self.weights[rows]
        return score(metric, self.truth[rows], answers, positive=self._positive, gains=self._gains, weights=weights)


def _deviation(values: Sequence[float]) -> float | None:
    """Of those that are defined, the standard deviation; None of fewer than two."""
    defined = [value for value in values if np.isfinite(value)]
    return float(np.std(defined, ddof=1)) if len(defined) > 1 else None
