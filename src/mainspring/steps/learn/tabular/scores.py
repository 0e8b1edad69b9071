"""Scores: the numeric door of every tabular model, so that a blend prepares its input once."""

from collections.abc import Sequence
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


@runtime_checkable
class Averages(Protocol):
    """A model in which chance has a part, so that several learned from the same rows are better than one."""

    def averaged(self, others: Sequence[Any]) -> Self:
        """One model for this and the others, of the same kind and features; for classes their log-odds are averaged."""
        ...
