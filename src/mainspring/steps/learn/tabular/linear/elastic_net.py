"""The elastic net: a line whose weights are penalised by their size and by their square, so that columns that add nothing weigh nothing
(Zou & Hastie 2005)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.linear_model import ElasticNet as Coordinates
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from mainspring.errors import LearnError
from mainspring.measure.profile import Profile
from mainspring.model import ModelCard, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, level_and_spread, refuse_one_class
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.fit import Linear
from mainspring.steps.learn.tabular.linear.model import LinearModel
from mainspring.steps.learn.tabular.linear.path import best_line, by_class, converge, on
from mainspring.steps.learn.tabular.scores import Floats

SHARES = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""Penalties as shares of the one at which every weight is nothing (Friedman, Hastie & Tibshirani 2010)."""
USUAL_SHARE = 0.01
MIX = 0.5
"""How much of the penalty is on the size of the weights, the rest on their squares."""
LEAST = 1e-200
TOLERANCE = 1e-5


@dataclass(frozen=True)
class ElasticNet:
    """By coordinate descent for numbers, by SAGA (Defazio et al. 2014) for classes, where scikit-learn has no other way.

    ``settings["mix"]`` is the share of the penalty on the size of the weights; ``tuned["penalty"]`` the share of the largest.
    """

    name: str = "elastic_net"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        return Linear().fits(goal, profile)

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> LinearModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        card = card_of("linear", lesson, goal, train.schema.field(goal.target).type)
        lines = _Lines(card, lesson, budget, goal, self.settings.get("mix", MIX))
        if valid is None or not len(valid):
            return lines.line(self.tuned.get("penalty", USUAL_SHARE))
        return best_line(lines.line, SHARES, on(lesson_of(valid, goal)), budget)


class _Lines:
    """Sparse lines of one lesson; the next begins where the last ended."""

    def __init__(self, card: ModelCard, lesson: Lesson, budget: Budget, goal: Goal, mix: float) -> None:
        # Of a number in its own unit, the penalty on squares would grow with the unit, that on sizes not.
        self._level, self._spread = level_and_spread(lesson, goal)
        lesson = lesson if goal.classes else replace(lesson, truth=(lesson.truth - self._level) / self._spread)
        self._card, self._lesson, self._budget = card, lesson, budget
        self._design = Design.of(lesson.matrix, lesson.categories)
        self._columns = self._design.apply(lesson.matrix)
        self._is_number = card.question == Question.NUMBER
        self._most = max(_strongest(card, lesson, self._columns) / max(mix, 1e-3), LEAST)
        self._learner: Any = (
            Coordinates(l1_ratio=mix, tol=TOLERANCE, warm_start=True)
            if self._is_number
            else LogisticRegression(l1_ratio=mix, solver="saga", tol=TOLERANCE, warm_start=True, random_state=goal.seed)
        )

    def line(self, penalty: float) -> LinearModel:
        """The line at this share of the largest penalty."""
        width = self._columns.shape[1]
        strength = penalty * self._most
        rows = len(self._columns) if self._lesson.weights is None else float(self._lesson.weights.sum())
        # The library means strengths of a row for numbers, and the inverse of all rows' strength for classes.
        self._learner.set_params(**({"alpha": strength} if self._is_number else {"C": 1.0 / (strength * rows)}))
        with threadpool_limits(self._budget.threads):
            converge(self._learner, self._columns, self._lesson, self._budget)
        if self._is_number:
            weights = np.asarray(self._learner.coef_, dtype=np.float64).reshape(-1, 1) * self._spread
            intercept = np.array([self._learner.intercept_ * self._spread + self._level], dtype=np.float64)
        else:
            weights, intercept = by_class(self._learner, width, len(self._card.classes))
        if not (np.isfinite(weights).all() and np.isfinite(intercept).all()):
            raise LearnError("the elastic net did not converge to finite weights", where=self._card.target)
        center = self._columns.mean(axis=0)
        return LinearModel(self._card, self._design, weights, intercept, center, {"penalty": penalty})


def _strongest(card: ModelCard, lesson: Lesson, columns: Floats) -> float:
    """The greatest covariance of a column with the target, of one row: at this penalty the first weight leaves nothing."""
    truth = lesson.truth.astype(np.float64)[:, None]
    if card.question != Question.NUMBER:
        truth = (lesson.truth[:, None] == np.arange(len(card.classes))).astype(np.float64)
    weights = np.ones(len(columns)) if lesson.weights is None else lesson.weights
    share = (weights / weights.sum())[:, None]
    apart = truth - (truth * share).sum(axis=0)
    return float(np.abs(columns.T @ (apart * share)).max(initial=0.0))
