"""Linear learners: penalised logistic regression and ridge, and plain least squares."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from mainspring.errors import LearnError
from mainspring.measure.profile import Profile
from mainspring.model import ModelCard, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import ABSENT, Lesson, card_of, lesson_of, refuse_one_class
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.model import LinearModel
from mainspring.steps.learn.tabular.scores import Floats

PENALTIES = (0.3, 3.0, 30.0, 300.0)
"""Strengths of the penalty, weakest first, in units of one training row."""
USUAL_PENALTY = 3.0
FIRST_STEPS, MOST_STEPS = 10, 300


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
        card = card_of("linear", lesson, goal, train.schema.field(goal.target).type)
        test = None if valid is None or not len(valid) else lesson_of(valid, goal)
        strengths = PENALTIES if test is not None else (self.tuned.get("penalty", USUAL_PENALTY),)
        best, lowest = None, np.inf
        with threadpool_limits(budget.threads):
            for strength in strengths:
                model = _model(card, lesson, design, columns, strength, budget)
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
            solution = np.asarray(np.linalg.lstsq(full, lesson.truth * root, rcond=None)[0], dtype=np.float64)
        card = card_of("linear", lesson, goal, train.schema.field(goal.target).type)
        return LinearModel(card, design, solution[:-1, None], solution[-1:], columns.mean(axis=0), {})


def _model(
    card: ModelCard, lesson: Lesson, design: Design, columns: Floats, strength: float, budget: Budget
) -> LinearModel:
    if card.question == Question.NUMBER:
        weights, intercept = _ridge(columns, lesson, strength)
    else:
        weights, intercept = _logistic(columns, lesson, len(card.classes), strength, budget)
    if not np.isfinite(weights).all():
        raise LearnError("the linear model did not converge to finite weights", where=card.target)
    return LinearModel(card, design, weights, intercept, columns.mean(axis=0), {"penalty": strength})


def _ridge(columns: Floats, lesson: Lesson, strength: float) -> tuple[Floats, Floats]:
    fitted = Ridge(alpha=strength).fit(columns, lesson.truth, sample_weight=lesson.weights)
    return np.asarray(fitted.coef_, dtype=np.float64).reshape(-1, 1), np.atleast_1d(np.asarray(fitted.intercept_))


def _logistic(columns: Floats, lesson: Lesson, count: int, strength: float, budget: Budget) -> tuple[Floats, Floats]:
    fitted = _converged(LogisticRegression(C=1.0 / strength, tol=1e-5, warm_start=True), columns, lesson, budget)
    coefficients, intercepts = np.asarray(fitted.coef_).T, np.asarray(fitted.intercept_)
    if count == 2:
        return coefficients, intercepts
    weights, intercept = np.zeros((columns.shape[1], count)), np.full(count, ABSENT)
    present = fitted.classes_.astype(int)
    if len(present) == 2:
        coefficients = np.column_stack([-coefficients[:, 0] / 2, coefficients[:, 0] / 2])
        intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
    weights[:, present], intercept[present] = coefficients, intercepts
    return weights, intercept


def _converged(learner: LogisticRegression, columns: Floats, lesson: Lesson, budget: Budget) -> LogisticRegression:
    """A few steps tell how long one takes; then as many at a time as fit into the time left, until they lead nowhere."""
    steps, taken = FIRST_STEPS, 0
    with warnings.catch_warnings():
        # That the steps of one round do not suffice is no news.
        warnings.simplefilter("ignore", ConvergenceWarning)
        while True:
            before = budget.seconds
            learner.set_params(max_iter=steps).fit(columns, lesson.truth, sample_weight=lesson.weights)
            done = int(np.max(learner.n_iter_))
            taken += done
            each = (before - budget.seconds) / max(done, 1)
            steps = int(min(MOST_STEPS - taken, 0.8 * budget.seconds / max(each, 1e-6)))
            if done < learner.max_iter or steps < 1:
                return learner


def _loss(scores: Floats, test: Lesson) -> float:
    if scores.shape[1] == 1:
        return float(np.mean((scores[:, 0] - test.truth) ** 2))
    chosen = scores[np.arange(len(scores)), test.truth.astype(np.int64)]
    return float(-np.mean(np.log(np.clip(chosen, 1e-15, 1.0))))
