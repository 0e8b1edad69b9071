"""Scores: the numeric door of every tabular model, so that a blend prepares its input once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from mainspring.model import Model

Floats = npt.NDArray[np.float64]


@runtime_checkable
class Scores(Model, Protocol):
    """A tabular model. Features are the columns of ``card.input``, in that order, category codes as floats (-1 unknown)."""

    def scores(self, matrix: Floats) -> Floats:
        """Probabilities (n rows × classes, in the order of ``card.classes``), or values (n × 1), of a matrix (n × features)."""
        ...

    def contributions(self, matrix: Floats) -> Floats:
        """What each feature added (n × features): log-odds of the positive or predicted class, or the target's unit."""
        ...


Raw = Callable[[Floats], Floats]
"""A matrix (n × features) → sums (n × outputs)."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Where a model's raw sums (n × ``outputs``) come from: a ``walk`` of its own; or ``trees`` which ``together`` makes one walk of for
    several models, the number of their features given."""

    outputs: int
    walk: Raw | None = None
    trees: Any = None
    together: "Callable[[Sequence[Sums], int], Raw] | None" = None


@runtime_checkable
class Summed(Protocol):
    """A model whose scores follow from raw sums."""

    def sums(self) -> Sums | None:
        """None where they do not in this one."""
        ...

    def of_sums(self, sums: Floats) -> Floats:
        """The scores (n × k) of raw sums (n × outputs)."""
        ...

    def of_one(self, sums: Sequence[float]) -> list[float]:
        """The same of one row, in plain numbers: they cost a tenth of arrays."""
        ...


@runtime_checkable
class Averages(Protocol):
    """A model in which chance has a part, so that several learned from the same rows are better than one."""

    def averaged(self, others: Sequence[Any]) -> Self:
        """One model for this and the others, of the same kind and features; for classes their log-odds are averaged."""
        ...
