"""Paired: boosted trees that also see what each two names together mean for the target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.errors import QualityError
from mainspring.measure.profile import Profile
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.lesson import Lesson, lesson_of, refuse_one_class
from mainspring.steps.learn.tabular.lightgbm.fit import LightGBM
from mainspring.steps.learn.tabular.paired.means import PairMeans
from mainspring.steps.learn.tabular.paired.model import PairedModel
from mainspring.steps.learn.tabular.scores import Floats

LEVELS = 8
"""Of columns with fewer levels trees find the combinations themselves."""
MEAN = "{name} (mean of "
"""Beside a number of this name the preparation puts its means where the number proved to be a name."""
LACKING = "no two columns are names (of people, places, articles) that trees could not combine themselves"


@dataclass(frozen=True)
class Paired:
    """``settings`` and ``tuned`` are those of LightGBM, which learns from the features and the means of their pairs."""

    name: str = "paired"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        if len(goal.classes) > 2:
            return "more than two classes: each would have means of its own"
        columns = [column for column in profile.columns if column.name != goal.target and column.distinct >= LEVELS]
        return LACKING if sum(column.kind in ("category", "number") for column in columns) < 2 else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> PairedModel:
        """Raises QualityError: no two columns are names."""
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        with threadpool_limits(budget.threads):
            means, apart = PairMeans.of(lesson.matrix, _names(lesson), lesson.truth.astype(np.float64), lesson.weights)
        if not len(means):
            raise QualityError(LACKING, where=goal.target)
        tests = None if valid is None or not len(valid) else _beside(valid, lesson, means)
        learner = LightGBM(settings=self.settings, tuned=self.tuned)
        inner = learner.fit(_with(train, lesson, means, apart), tests, goal, budget)
        return PairedModel(replace(inner.card, kind="paired", input=lesson.features), inner, means)


def _names(lesson: Lesson) -> Any:
    """The columns that are names: categories of some levels, and numbers that proved to be names."""
    called, many = (
        lesson.features.names,
        {j for j in lesson.categories if lesson.matrix[:, j].max(initial=0) >= LEVELS - 1},
    )
    proven = {
        j for j, name in enumerate(called)
        if j not in lesson.categories and any(other.startswith(MEAN.format(name=name)) for other in called)
    }  # fmt: skip
    return np.array(sorted(many | proven), dtype=np.int64)


def _beside(rows: pa.Table, lesson: Lesson, means: PairMeans) -> pa.Table:
    matrix = matrix_of(rows, lesson.features)
    return _with(rows, lesson, means, means.expand(matrix)[:, matrix.shape[1] :])


def _with(rows: pa.Table, lesson: Lesson, means: PairMeans, made: Floats) -> pa.Table:
    for name, column in zip(_called(lesson.features.names, means, rows.column_names), made.T, strict=True):
        rows = rows.append_column(name, pa.array(column))
    return rows


def _called(features: Sequence[str], means: PairMeans, taken: Sequence[str]) -> list[str]:
    """Names for the columns of pairs that no other column has."""
    known, called = set(taken), list[str]()
    for one, other in means.names[means.pairs].tolist():
        for what in ("mean", "share"):
            name = f"{features[one]} × {features[other]} ({what})"
            while name in known:
                name += "'"
            known.add(name)
            called.append(name)
    return called
