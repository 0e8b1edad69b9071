"""LogTarget: a learner of numbers that learns the logarithm of the target, for targets that grow by shares rather than steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import pyarrow as pa

from mainspring.errors import QualityError
from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal, Learner
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.lesson import weights_of
from mainspring.steps.learn.tabular.log_target.model import LogTargetModel
from mainspring.steps.learn.tabular.scores import Floats, Scores

SKEWED = 0.8
"""Skewness from which a logarithm is worth a try."""
LEVEL = "level"


@dataclass(frozen=True)
class LogTarget:
    """``learner`` learns ``log(y)``, or ``log1p(y / typical)`` where there are zeros.

    Its answers are the exponential of what it learned, times a factor that keeps their mean right (the smearing estimate of
    Duan 1983, taken on validation rows where there are any): the mean of logarithms is below the logarithm of the mean.
    """

    name: str
    learner: Learner
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        if goal.question != Question.NUMBER:
            return "it answers numbers only"
        target = profile.target
        if target is None or target.skew is None or target.skew < SKEWED:
            return "the target is not skewed to the right"
        return self.learner.fits(goal, profile)

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> LogTargetModel:
        unit = _unit(_truth(train, goal), goal)
        tuned = {name: value for name, value in self.tuned.items() if name != LEVEL}
        learner = replace(cast(Any, self.learner), tuned=tuned) if tuned else self.learner
        tests = valid if valid is not None and len(valid) else None
        inner = learner.fit(
            _logged(train, goal, unit), None if tests is None else _logged(tests, goal, unit), goal, budget
        )
        low, high = (float(end) for end in np.quantile(_log(_truth(train, goal), unit), [0.0, 1.0]))
        model = LogTargetModel(
            replace(inner.card, kind="log_target"),
            cast(Scores, inner),
            unit,
            (low, high),
            1.0,
            getattr(inner, "tuned", {}),
        )
        level = _level(model, tests, goal) if tests is not None else self.tuned.get(LEVEL, 1.0)
        return model.leveled(level, {**model.tuned, LEVEL: level})


def _truth(table: pa.Table, goal: Goal) -> Floats:
    return table.column(goal.target).cast(pa.float64()).to_numpy()


def _unit(truth: Floats, goal: Goal) -> float:
    """What counts as one under the logarithm; 0 where all are positive."""
    if truth.min() < 0:
        raise QualityError("it learns no negative numbers", where=goal.target)
    if truth.min() > 0:
        return 0.0
    positive = truth[truth > 0]
    return float(np.quantile(positive, 0.1)) if len(positive) else 1.0


def _log(values: Floats, unit: float) -> Floats:
    return np.log(values) if unit == 0.0 else np.log1p(values / unit)


def _logged(table: pa.Table, goal: Goal, unit: float) -> pa.Table:
    # Validation rows may hold what training rows did not: nothing is below the smallest number there is.
    values = np.maximum(_truth(table, goal), np.finfo(np.float64).tiny if unit == 0.0 else 0.0)
    at = table.column_names.index(goal.target)
    return table.set_column(at, goal.target, pa.array(_log(values, unit)))


def _level(model: LogTargetModel, valid: pa.Table, goal: Goal) -> float:
    """The factor with the least squared error, kept near one: few rows say little."""
    features = valid.select(model.card.input.names)
    answered = model.scores(matrix_of(features, model.card.input))[:, 0]
    weights = weights_of(valid, goal)
    weight = np.ones(len(valid)) if weights is None else weights
    total = float((weight * answered**2).sum())
    found = float((weight * answered * _truth(valid, goal)).sum()) / total if total > 0 else 1.0
    return float(np.clip(found, 0.9, 1.1)) if goal.metric in ("rmse", "r2") else 1.0
