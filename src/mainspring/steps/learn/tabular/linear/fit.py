"""Linear learners: penalised logistic regression and ridge, and plain least squares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from mainspring.errors import LearnError
from mainspring.measure.profile import Profile
from mainspring.model import ModelCard, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, refuse_one_class
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.model import LinearModel
from mainspring.steps.learn.tabular.linear.path import best_line, by_class, converge, on, ridge
from mainspring.steps.learn.tabular.scores import Floats

PENALTIES = (300.0, 30.0, 3.0, 0.3)
"""Strengths of the penalty in units of one training row, strongest first: the next begins where the last ended."""
USUAL_PENALTY = 3.0


@dataclass(frozen=True)
class Linear:
    """Logistic regression for classes, ridge for numbers. ``tuned["penalty"]`` is the strength where none is to be chosen."""

    name: str = "linear"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:  # noqa: ARG002 — the interface of learning
        return "more than 200 classes" if len(goal.classes) > 200 else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> LinearModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        card = card_of("linear", lesson, goal, train.schema.field(goal.target).type)
        lines = _Lines(card, lesson, budget)
        if valid is None or not len(valid):
            return lines.line(self.tuned.get("penalty", USUAL_PENALTY))
        return best_line(lines.line, PENALTIES, on(lesson_of(valid, goal)), budget)


@dataclass(frozen=True)
class LeastSquares:
    """Ordinary least squares: no penalty, no clipping."""

    name: str = "least_squares"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:  # noqa: ARG002 — the interface of learning
        return None if goal.question == Question.NUMBER else "it answers numbers only"

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> LinearModel:  # noqa: ARG002
        lesson = lesson_of(train, goal)
        design = Design.of(lesson.matrix, lesson.categories, clips=False)
        columns = design.apply(lesson.matrix)
        root = np.ones(len(columns)) if lesson.weights is None else np.sqrt(lesson.weights)
        with threadpool_limits(budget.threads):
            full = np.column_stack([columns, np.ones(len(columns))]) * root[:, None]
            solution = np.asarray(np.linalg.lstsq(full, lesson.truth * root, rcond=None)[0], dtype=np.float64)
        card = card_of("linear", lesson, goal, train.schema.field(goal.target).type)
        return LinearModel(card, design, solution[:-1, None], solution[-1:], columns.mean(axis=0), {})


class _Lines:
    """Linear models of one lesson, a penalty each; the next begins where the last ended."""

    def __init__(self, card: ModelCard, lesson: Lesson, budget: Budget) -> None:
        self._card, self._lesson, self._budget = card, lesson, budget
        self._design = Design.of(lesson.matrix, lesson.categories)
        self._columns = self._design.apply(lesson.matrix)
        self._learner = LogisticRegression(tol=1e-5, warm_start=True)

    def line(self, penalty: float) -> LinearModel:
        with threadpool_limits(self._budget.threads):
            weights, intercept = (
                ridge(Ridge(alpha=penalty), self._columns, self._lesson)
                if self._card.question == Question.NUMBER
                else self._logistic(penalty)
            )
        if not np.isfinite(weights).all():
            raise LearnError("the linear model did not converge to finite weights", where=self._card.target)
        return LinearModel(
            self._card, self._design, weights, intercept, self._columns.mean(axis=0), {"penalty": penalty}
        )

    def _logistic(self, penalty: float) -> tuple[Floats, Floats]:
        self._learner.set_params(C=1.0 / penalty)
        converge(self._learner, self._columns, self._lesson, self._budget)
        return by_class(self._learner, self._columns.shape[1], len(self._card.classes))
