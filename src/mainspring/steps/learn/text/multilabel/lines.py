"""Lines: a logistic regression a label over the same columns, within the time there is."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
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
    width, labels = columns.shape[1], truth.shape[1]
    weights, intercept = np.zeros((width, labels), np.float32), np.zeros(labels)
    for k in range(labels):
        count = int(truth[:, k].sum())
        if count in (0, len(truth)):
            intercept[k] = np.log((count + 0.5) / (len(truth) - count + 0.5))
            continue
        learner = LogisticRegression(C=1.0 / penalty, tol=TOLERANCE, warm_start=True)
        if begin is not None and begin.weights[:, k].any():
            learner.coef_ = begin.weights[:, k][None].astype(np.float64)
            learner.intercept_ = begin.intercept[k : k + 1].copy()
        share = Budget(time.monotonic() + budget.seconds / (labels - k), budget.threads)
        lesson = Lesson(NOTHING, np.zeros((len(truth), 0)), truth[:, k].astype(np.int64), None, ())
        converge(learner, columns, lesson, share)
        weights[:, k], intercept[k] = np.asarray(learner.coef_)[0], np.asarray(learner.intercept_)[0]
    if not np.isfinite(weights).all():
        raise LearnError("the lines did not converge to finite weights", where="learn.target")
    return Lines(weights, intercept)


def surprise(chances: Floats, truth: Bools) -> float:
    """The mean log loss of a label of a row: how well probabilities agree, whatever the thresholds."""
    told = np.where(truth, chances, 1.0 - chances)
    return float(-np.log(np.clip(told, 1e-15, 1.0)).mean())
