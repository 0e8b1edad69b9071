"""k nearest neighbours, with columns as far apart as they tell of the target."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.measure.profile import Profile
from mainspring.model import ModelCard, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, refuse_one_class
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.path import loss
from mainspring.steps.learn.tabular.neighbours.kept import Kept, merged
from mainspring.steps.learn.tabular.neighbours.model import NeighboursModel
from mainspring.steps.learn.tabular.scores import Floats

Places = npt.NDArray[np.int64]
MOST_KEPT, MOST_HELD = 4000, 100_000
"""Rows, and numbers in them, among which neighbours are sought: a row of 20 columns is answered within about a tenth of a millisecond. The
other rows tell the nearest kept one what they had, so that none is lost."""
MOST_COORDINATES = 60
"""Columns beyond the most telling ones say little, and in many dimensions all rows are equally far (Beyer et al. 1999)."""
MOST_LEVELS = 20
MOST_CLASSES = 100
COUNTS = (5, 10, 20, 40, 80)
POWERS = (1.0, 2.0, 0.5)
"""By which power of what a column tells its distances are stretched."""
USUAL = {"k": 20.0, "power": 0.5}
TRIED = 2000
"""Validation rows that choose."""
LOOKED_AT, MOST_TOLD = 10_000, 100_000
"""Rows that say what each column tells, and rows that tell those kept what they had; of more, as many evenly spread."""
PARTS = 10
LEAST = 1e-3


@dataclass(frozen=True)
class Neighbours:
    """``tuned`` has how many neighbours (``k``) and the ``power`` where none is to be chosen."""

    name: str = "knn"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:  # noqa: ARG002 — the interface of learning
        return f"more than {MOST_CLASSES} classes" if len(goal.classes) > MOST_CLASSES else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> NeighboursModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        card = card_of("neighbours", lesson, goal, train.schema.field(goal.target).type)
        with threadpool_limits(budget.threads):
            rows = _Rows(card, lesson, goal.seed)
            if valid is None or not len(valid):
                tuned = {**USUAL, **self.tuned}
                return rows.model(tuned["power"], int(tuned["k"]))
            return _best(rows, lesson_of(valid.slice(0, TRIED), goal), budget)


class _Rows:
    """Models of one lesson, which differ in how far apart columns are and how many neighbours count."""

    def __init__(self, card: ModelCard, lesson: Lesson, seed: int) -> None:
        self._card, self._seed = card, seed
        self._design = Design.of(lesson.matrix, lesson.categories, most=MOST_LEVELS)
        self._matrix = lesson.matrix
        self._weights = np.ones(len(lesson.matrix)) if lesson.weights is None else lesson.weights
        self._answers = lesson.truth.astype(np.float64)[:, None]
        if card.question != Question.NUMBER:
            self._answers = (lesson.truth[:, None] == np.arange(len(card.classes))).astype(np.float64)
        counting = np.flatnonzero(self._weights > 0.0)
        some = _spread(counting, LOOKED_AT)
        self._tells = _tells(lesson.matrix[some], lesson.categories, self._answers[some], self._weights[some])
        self._variance = self._design.apply(lesson.matrix[some]).var(axis=0)
        self._counting = _spread(counting, MOST_TOLD)

    def model(self, power: float, k: int) -> NeighboursModel:
        stretched = np.maximum(self._tells, LEAST)[self._design.origins] ** power
        telling = np.sort(np.argsort(-stretched, kind="stable")[:MOST_COORDINATES])
        scale = np.zeros((len(stretched), len(telling)))
        scale[telling, np.arange(len(telling))] = stretched[telling]
        # Distances are compared with a fixed least radius: so that of the average row from the middle is one.
        scale /= max(float(np.sqrt((stretched[telling] ** 2 * self._variance[telling]).sum())), LEAST)
        places, weights = self._design.weigh(self._matrix[self._counting], scale), self._weights[self._counting]
        most = max(1, min(MOST_KEPT, MOST_HELD // len(telling), len(places)))
        kept = np.sort(np.random.default_rng(self._seed).choice(len(places), most, replace=False))
        sums, counts = merged(places, self._answers[self._counting], weights, kept)
        alive = counts > 0.0  # of rows at one place, the first is told all
        held = Kept(
            places[kept][alive], sums[alive] / counts[alive, None], counts[alive], self._design.origins[telling],
            np.average(places, axis=0, weights=weights),
        )  # fmt: skip
        return NeighboursModel(self._card, self._design, scale, held, k, {"k": float(k), "power": power})


def _best(rows: _Rows, test: Lesson, budget: Budget) -> NeighboursModel:
    """The model with the least loss on the test rows: more neighbours, until they no longer help."""
    best, lowest = None, np.inf
    for power in POWERS:
        if best is not None and budget.is_over():
            break
        first = rows.model(power, COUNTS[0])
        last = np.inf
        for k in COUNTS:
            model = NeighboursModel(
                first.card, first.design, first.stretch, first.kept, k, {"k": float(k), "power": power}
            )
            reached = loss(model.scores(test.matrix), test)
            if best is None or reached < lowest:
                best, lowest = model, reached
            if reached >= last or budget.is_over():
                break
            last = reached
    assert best is not None
    return best


def _spread(rows: Places, most: int) -> Places:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _tells(matrix: Floats, categories: tuple[int, ...], answers: Floats, weights: Floats) -> Floats:
    """Of each feature the correlation ratio with the target (Pearson 1905): the share of its spread that parts of the feature explain."""
    usual = np.average(answers, axis=0, weights=weights)
    spread = float((weights[:, None] * (answers - usual) ** 2).sum())
    found = np.zeros(matrix.shape[1])
    for j in range(matrix.shape[1]):
        part = _parts(matrix[:, j], j in categories)
        counts = np.bincount(part, weights=weights)
        sums = np.stack([np.bincount(part, weights=weights * column) for column in answers.T], axis=1)
        # Each part explains some by chance: as much as the mean of so many rows strays.
        means = sums / np.maximum(counts, 1e-300)[:, None] - usual
        explained = float((counts[:, None] * means**2).sum()) / max(spread, 1e-300)
        chance = (len(counts) - 1) / max(len(matrix) - 1, 1)
        found[j] = np.sqrt(max(explained - chance, 0.0))
    return found


def _parts(values: Floats, is_category: bool) -> Places:
    """The part of each value (n): its code, or its tenth among the numbers, the first for what is missing."""
    if is_category:
        return np.where(values < MOST_LEVELS, values, -1.0).astype(np.int64) + 1
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values), np.int64)
    edges = np.unique(np.quantile(values[known], np.linspace(0.0, 1.0, PARTS + 1)[1:-1]))
    return np.where(known, np.searchsorted(edges, values) + 1, 0)
