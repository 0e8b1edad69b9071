"""TF-IDF and a line: words, pairs of them and parts of words, weighed, with the numbers and categories beside them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.linear.path import FIRST_STEPS, Penalties, by_class, converge, drawn, ridge
from mainspring.steps.learn.text.lesson import held_of, why_unread
from mainspring.steps.learn.text.rows import Floats
from mainspring.steps.learn.text.tfidf.columns import Classes, Columns, to_learn
from mainspring.steps.learn.text.tfidf.model import TfidfModel

PENALTIES = Penalties((3.0, 1.0, 0.3, 0.1, 0.03), first=0.3, usual=0.2)
MOST_CLASSES = 1000
FEW_STEPS, MANY_CLASSES = 3, 20
"""Of so many classes a step takes long: so few tell how long."""
LENGTHS = tuple(10.0 ** (k / 4) for k in range(-4, 13))
"""Of the line with which a logistic regression begins, among which the best is taken."""
SOME = 2_000
"""Rows by which that is told."""


@dataclass(frozen=True)
class TfidfLinear:
    """Logistic regression for classes, ridge for numbers. ``tuned["penalty"]`` is the strength where none is to be chosen."""

    name: str = "tfidf_linear"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        return f"more than {MOST_CLASSES} classes" if len(goal.classes) > MOST_CLASSES else why_unread(profile, goal)

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> TfidfModel:
        card, lesson = to_learn(train, goal, budget)
        with threadpool_limits(budget.threads):
            began = time.monotonic()
            columns = Columns(card, lesson)
            held = held_of(valid, goal)
            lines, ready = _Lines(columns, budget), time.monotonic() - began
            loss_of = None if held is None else columns.loss_on(held)
            model, alone = drawn(lines.line, PENALTIES, self.tuned, loss_of, budget)
            model.again = None if held is None else ready + alone
            return model


class _Lines:
    """Lines of one lesson, a penalty each; the next begins where the last ended."""

    def __init__(self, columns: Columns, budget: Budget) -> None:
        self._columns, self._budget = columns, budget
        self._learner = LogisticRegression(tol=1e-4, warm_start=True)

    def _begin(self, penalty: float) -> None:
        """Begin with the distances of the classes' means from the mean of all, the way down from nothing, and go as far as is best: of
        many classes there may be time for a few steps only, and the solver's first ones are short.
        """
        matrix = self._columns.matrix
        classes = Classes(matrix, self._columns.lesson)
        means = classes.sums / classes.shares[:, None]
        middle = classes.sums.sum(axis=0) / classes.shares.sum()
        way = (means - middle).astype(np.float32)
        rows = len(classes.of)
        some = np.linspace(0, rows - 1, min(SOME, rows)).astype(np.int64)
        scores, of = matrix[some] @ way.T - middle.astype(np.float32) @ way.T, classes.of[some]
        size = float((way.astype(np.float64) ** 2).sum()) * penalty / (2 * classes.shares.sum())
        losses = [_log_loss(length * scores + classes.usual, of) + length**2 * size for length in LENGTHS]
        length = LENGTHS[int(np.argmin(losses))]
        coefficients, intercepts = length * way, classes.usual - length * (way @ middle)
        if len(classes.present) == 2:
            coefficients, intercepts = coefficients[1:] - coefficients[:1], intercepts[1:] - intercepts[:1]
        self._learner.coef_ = coefficients.astype(np.float32)
        self._learner.intercept_ = intercepts.astype(np.float32)

    def line(self, penalty: float, share: float) -> TfidfModel:
        """Drawn in a ``share`` of the time left."""
        columns = self._columns
        weights, intercept = (
            ridge(Ridge(alpha=penalty, solver="sparse_cg", tol=1e-4), columns.matrix, columns.lesson)
            if columns.card.question == Question.NUMBER
            else self._logistic(penalty, share)
        )
        return columns.model(weights, intercept, {"penalty": penalty})

    def _logistic(self, penalty: float, share: float) -> tuple[Floats, Floats]:
        columns, classes = self._columns, len(self._columns.card.classes)
        if not hasattr(self._learner, "coef_"):
            self._begin(penalty)
        self._learner.set_params(C=1.0 / penalty)
        first = FEW_STEPS if classes > MANY_CLASSES else FIRST_STEPS
        converge(self._learner, columns.matrix, columns.lesson, self._budget, first, share)
        weights, intercept = by_class(self._learner, columns.width, classes)
        return weights.astype(np.float64), intercept.astype(np.float64)


def _log_loss(scores: Floats, of: np.ndarray) -> float:
    least = scores - scores.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(least).sum(axis=1)) - least[np.arange(len(of)), of]))
