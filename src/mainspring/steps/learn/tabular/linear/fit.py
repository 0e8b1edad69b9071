"""Linear learners: penalised logistic regression and ridge, and plain least squares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from mainspring.errors import QualityError
from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, refuse_one_class
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.model import LinearModel
from mainspring.steps.learn.tabular.scores import Floats

PENALTIES = (0.3, 3.0, 30.0, 300.0)
"""Strengths of the penalty, weakest first, in units of one training row."""
USUAL_PENALTY = 3.0
MOST_STEPS = 300


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
        design = Design.of(lesson.matrix, lesson.categories)
        columns = design.apply(lesson.matrix)
        kind = train.schema.field(goal.target).type
        test = None if valid is None or not len(valid) else lesson_of(valid, goal)
        strengths = PENALTIES if test is not None else (self.tuned.get("penalty", USUAL_PENALTY),)
        best, lowest = None, np.inf
        with threadpool_limits(budget.threads):
            for strength in strengths:
                model = _model(lesson, goal, design, columns, strength, kind)
                loss = 0.0 if test is None else _loss(model.scores(test.matrix), test)
                if best is None or loss < lowest:
                    best, lowest = model, loss
                if budget.seconds == 0.0:
                    break
        assert best is not None  # the strengths are never empty
        return best


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
            solution = np.linalg.lstsq(full, lesson.truth * root, rcond=None)[0]
        card = card_of("linear", lesson, goal, train.schema.field(goal.target).type)
        return LinearModel(card, design, solution[:-1, None], solution[-1:], columns.mean(axis=0), {})


def _model(
    lesson: Lesson, goal: Goal, design: Design, columns: Floats, strength: float, kind: pa.DataType
) -> LinearModel:
    card = card_of("linear", lesson, goal, kind)
    weights, intercept = (_ridge if goal.question == Question.NUMBER else _logistic)(columns, lesson, goal, strength)
    if not np.isfinite(weights).all():
        raise QualityError("the linear model did not converge to finite weights", where=goal.target)
    return LinearModel(card, design, weights, intercept, columns.mean(axis=0), {"penalty": strength})


def _ridge(columns: Floats, lesson: Lesson, goal: Goal, strength: float) -> tuple[Floats, Floats]:  # noqa: ARG001
    fitted = Ridge(alpha=strength).fit(columns, lesson.truth, sample_weight=lesson.weights)
    return np.asarray(fitted.coef_, dtype=np.float64).reshape(-1, 1), np.atleast_1d(np.asarray(fitted.intercept_))


def _logistic(columns: Floats, lesson: Lesson, goal: Goal, strength: float) -> tuple[Floats, Floats]:
    learner = LogisticRegression(C=1.0 / strength, max_iter=MOST_STEPS, tol=1e-5)
    fitted = learner.fit(columns, lesson.truth, sample_weight=lesson.weights)
    coefficients, intercepts = np.asarray(fitted.coef_).T, np.asarray(fitted.intercept_)
    count = len(goal.classes)
    if count == 2:
        return coefficients, intercepts
    weights, intercept = np.zeros((columns.shape[1], count)), np.full(count, -20.0)
    present = fitted.classes_.astype(int)
    if len(present) == 2:
        coefficients = np.column_stack([-coefficients[:, 0] / 2, coefficients[:, 0] / 2])
        intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
    weights[:, present], intercept[present] = coefficients, intercepts
    return weights, intercept


def _loss(scores: Floats, test: Lesson) -> float:
    if scores.shape[1] == 1:
        return float(np.mean((scores[:, 0] - test.truth) ** 2))
    chosen = scores[np.arange(len(scores)), test.truth.astype(np.int64)]
    return float(-np.mean(np.log(np.clip(chosen, 1e-15, 1.0))))
