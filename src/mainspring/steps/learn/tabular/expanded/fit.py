"""Expanded: a line of the features and of what is made of them: pairs of them, or waves of all of them.

A line lacks interactions and curves; trees have them, but cut in steps. So a line with them errs elsewhere than trees do, which a
blend wants, and is nearly as quick as a line.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.expanded.model import ExpandedModel, Expansion
from mainspring.steps.learn.tabular.expanded.pairs import Pairs
from mainspring.steps.learn.tabular.expanded.waves import Waves as Cosines
from mainspring.steps.learn.tabular.lesson import Lesson, lesson_of, refuse_one_class
from mainspring.steps.learn.tabular.linear.fit import Linear
from mainspring.steps.learn.tabular.linear.model import LinearModel
from mainspring.steps.learn.tabular.scores import Floats

MOST_WAVES, FEWEST_WAVES = 1000, 50
PROBED, LINES, SURELY = 256, 6.0, 0.5
"""Waves of a trial, what a fit takes in times of it, and the share of the time left that is counted on."""
MOST_CELLS = 5_000_000
"""Rows × waves that are held in memory, several times over."""
MOST_STEPS = 5_000_000
"""Rows × waves × classes that a step of learning goes through; there are some hundred steps."""


@dataclass(frozen=True)
class Crossed:
    """Products of two numbers, combinations of two categories. ``tuned`` is the line's."""

    name: str = "crossed"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        return Linear().fits(goal, profile)

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> ExpandedModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        with threadpool_limits(budget.threads):
            pairs = Pairs.of(lesson.matrix, lesson.categories, _answers(lesson, goal))
        line = _line(pairs, lesson, (train, valid), Linear(tuned=self.tuned), (goal, budget))
        return ExpandedModel(_card(line, lesson), line, pairs)


@dataclass(frozen=True)
class Waves:
    """Cosines of random directions; ``settings["width"]`` says how smooth. ``tuned`` is the line's."""

    name: str = "waves"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        few = _count(goal, profile.rows) < FEWEST_WAVES
        return "too many rows and classes for waves enough" if few else Linear().fits(goal, profile)

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> ExpandedModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        with threadpool_limits(budget.threads):
            count = _count(goal, len(lesson.matrix))
            count = max(1, int(budget.allowed(count, lambda: _affordable(lesson, budget))))
            waves = Cosines.of(lesson.matrix, lesson.categories, count, self.settings.get("width", 1.0), goal.seed)
        line = _line(waves, lesson, (train, valid), Linear(tuned=self.tuned), (goal, budget))
        return ExpandedModel(_card(line, lesson), _centered(line, waves), waves)


def _count(goal: Goal, rows: int) -> int:
    """How many waves suit so many rows."""
    steps = max(1, len(goal.classes) - 1) if goal.question == Question.CLASS else 1
    most = min(MOST_WAVES, MOST_CELLS // max(1, rows), MOST_STEPS // max(1, rows * steps))
    return int(min(most, max(FEWEST_WAVES, rows // 2)))


def _affordable(lesson: Lesson, budget: Budget) -> float:
    """How many waves can be learned from in the time left. What a line of them costs grows with the square of their number."""
    began = time.monotonic()
    # Of the waves alone: the features beside them may hold numbers beyond reason.
    columns = Cosines.of(lesson.matrix, lesson.categories, PROBED, 1.0, 0).expand(lesson.matrix)[:, -PROBED:]
    np.dot(columns.T, columns)
    spent = time.monotonic() - began
    return PROBED * math.sqrt(SURELY * budget.seconds / (LINES * max(spent, 1e-6)))


def _answers(lesson: Lesson, goal: Goal) -> Floats:
    """The truth as (n × answers): a column a class but for the first."""
    if goal.question == Question.NUMBER:
        return lesson.truth.astype(np.float64)[:, None]
    return (lesson.truth[:, None] == np.arange(1, len(goal.classes))).astype(np.float64)


def _line(
    made: Expansion, lesson: Lesson, rows: tuple[pa.Table, pa.Table | None], learner: Linear, asked: tuple[Goal, Budget]
) -> LinearModel:  # fmt: skip
    train, valid = rows
    tests = None if valid is None or not len(valid) else _expanded(valid, lesson, made)
    return learner.fit(_expanded(train, lesson, made), tests, *asked)


def _expanded(rows: pa.Table, lesson: Lesson, made: Expansion) -> pa.Table:
    features = made.named(lesson.features)
    with threadpool_limits(1):
        matrix = made.expand(matrix_of(rows, lesson.features))
    table = pa.Table.from_arrays(
        [pa.array(matrix[:, j]).cast(field.type) for j, field in enumerate(features)], schema=features
    )
    for name in rows.column_names:
        if name not in lesson.features.names:
            table = table.append_column(rows.schema.field(name), rows.column(name))
    return table


def _card(line: LinearModel, lesson: Lesson) -> Any:
    return replace(line.card, kind="expanded", input=lesson.features)


def _centered(line: LinearModel, waves: Cosines) -> LinearModel:
    """The line whose contributions are counted from the waves of the average row."""
    design, center = line.design, line.center.copy()
    end = len(design.numbers)
    place = slice(end - len(waves), end)
    center[place] = (
        np.clip(waves.at_center, design.low[place], design.high[place]) - design.mean[place]
    ) / design.scale[place]
    return LinearModel(line.card, design, line.weights, line.intercept, center, line.tuned)
