"""Lines: a logistic regression a label over the same columns, within the time there is."""

import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from mainspring.errors import LearnError
from mainspring.measure.multilabel.agreement import Bools
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.tabular.lesson import Lesson
from mainspring.steps.learn.tabular.linear.path import converge
from mainspring.steps.learn.text.multilabel.sight import Weights
from mainspring.steps.learn.text.rows import Floats

NOTHING = pa.schema([])
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Lines:
    """``weights`` (width × labels) and ``intercept`` (labels)."""

    weights: Weights
    intercept: Floats

    def of(self, label: int) -> tuple[Floats, Floats]:
        """The weights (1 × width) and the intercept (1) of one."""
        return self.weights[:, label][None].astype(np.float64), self.intercept[label : label + 1].copy()

    def chances(self, columns: Any) -> Floats:
        """The probability of each label (n × labels) for columns (n × width, sparse or not)."""
        raw = columns @ self.weights.astype(np.float64) + self.intercept
        return 1.0 / (1.0 + np.exp(-np.clip(raw, -700.0, 700.0)))


def lines_of(columns: Any, truth: Bools, penalty: float, budget: Budget, begin: Lines | None = None) -> Lines:
    """Lines over columns (n × width, sparse or not) of rows with these labels, each within its share of the time left.

    They begin where others of the same columns ended. A label that no row has, or every one, has an intercept alone.

    Raises:
        LearnError: weights are not finite.
    """
    labels, weights = truth.shape[1], np.zeros((columns.shape[1], truth.shape[1]), np.float32)
    intercept, threads = np.zeros(labels), max(1, budget.threads)

    def one(k: int) -> None:
        share = Budget(time.monotonic() + min(1.0, threads / (labels - k)) * budget.seconds)
        weights[:, k], intercept[k] = _line(
            columns, truth[:, k], penalty, share, None if begin is None else begin.of(k)
        )

    with warnings.catch_warnings(), ThreadPoolExecutor(threads) as pool:
        # Filters of warnings are the process's, whichever thread sets them: those within are set and put back in any order.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in pool.map(one, range(labels)):
            pass
    if not np.isfinite(weights).all():
        raise LearnError("the lines did not converge to finite weights", where="learn.target")
    return Lines(weights, intercept)


def _line(
    columns: Any, true: npt.NDArray[np.bool_], penalty: float, budget: Budget, begin: tuple[Floats, Floats] | None
) -> tuple[Floats, float]:
    """Weights (width) and intercept of one label."""
    count = int(true.sum())
    if count in (0, len(true)):
        return np.zeros(columns.shape[1]), float(np.log((count + 0.5) / (len(true) - count + 0.5)))
    learner = LogisticRegression(C=1.0 / penalty, tol=TOLERANCE, warm_start=True)
    if begin is not None and begin[0].any():
        learner.coef_, learner.intercept_ = begin
    converge(learner, columns, Lesson(NOTHING, np.zeros((len(true), 0)), true.astype(np.int64), None, ()), budget)
    return np.asarray(learner.coef_)[0], float(np.asarray(learner.intercept_)[0])


def surprise(chances: Floats, truth: Bools) -> float:
    """The mean log loss of a label of a row: how well probabilities agree, whatever the thresholds."""
    told = np.where(truth, chances, 1.0 - chances)
    return float(-np.log(np.clip(told, 1e-15, 1.0)).mean())
