"""Judged: the rows a model can be judged on, and its answers to them as arrays."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.errors import QualityError
from mainspring.measure.gains import Gains
from mainspring.measure.metrics import score
from mainspring.model import Model, Question
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.tabular.lesson import truth_of, weights_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judged:
    """``table`` are the rows whose class was learned, with their ``truth`` (n) and ``weights`` (n) or None."""

    table: pa.Table
    truth: Floats | Ints
    weights: Floats | None
    positive: int | None

    @classmethod
    def of(cls, test: pa.Table, goal: Goal) -> "Judged":
        """Of raw rows with a cleaned target.

        Raises:
            QualityError: no row can be judged.
        """
        known = test if goal.question == Question.NUMBER else _known(test, goal)
        if not len(known):
            raise QualityError("there is no row to evaluate on", where=goal.target,
                               remedy="collect more rows, or keep more apart (learn.split.test)")  # fmt: skip
        positive = None if goal.positive is None else goal.classes.index(goal.positive)
        return cls(known, truth_of(known, goal), weights_of(known, goal), positive)

    def measure(self, metric: str, answers: Floats, gains: Gains | None) -> Callable[[Ints], float]:
        """The metric of ``answers`` (a row a row of :attr:`table`) on row numbers, as a bootstrap asks for it."""

        def on(rows: Ints) -> float:
            weights = None if self.weights is None else self.weights[rows]
            return score(metric, self.truth[rows], answers[rows], positive=self.positive, gains=gains, weights=weights)

        return on

    def some(self, most: int, seed: int) -> "Judged":
        """At most so many of the rows, drawn at random, in their order."""
        rows = np.sort(np.random.default_rng(seed).permutation(len(self.table))[:most])
        weights = None if self.weights is None else self.weights[rows]
        return Judged(self.table.take(pa.array(rows)), self.truth[rows], weights, self.positive)


def answers_of(model: Model, table: pa.Table) -> Floats:
    """Probabilities (n × classes), or values (n)."""
    answer = model.predict(table)
    if model.card.question == Question.NUMBER:
        return answer.column("prediction").to_numpy()
    return np.column_stack([column.to_numpy() for column in answer.columns[1 : len(model.card.chances) + 1]])


def affordable(ask: Callable[[pa.Table], object], sample: pa.Table, seconds: float, *, least: int, most: int) -> int:
    """How many rows can be asked in so many seconds, by what asking the ``sample`` took."""
    began = time.monotonic()
    ask(sample)
    per_row = max(1e-9, (time.monotonic() - began) / len(sample))
    return int(min(most, max(least, seconds / per_row)))


def with_column(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table with other values in a column it has."""
    place = table.column_names.index(name)
    return table.set_column(place, table.schema.field(place), values)


def _known(test: pa.Table, goal: Goal) -> pa.Table:
    classes = set(goal.classes)
    return test.filter(pa.array([label in classes for label in test.column(goal.target).to_pylist()], pa.bool_()))
