"""Kept: the rows that neighbours are sought among, as coordinates, with what they and the rows merged into them had."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.tabular.scores import Floats


@dataclass(frozen=True, repr=False)
class Kept:
    """p rows in m coordinates, each with its mean answer: k shares of classes, or one value."""

    places: Floats
    """(p × m)"""
    values: Floats
    """(p × k)"""
    counts: Floats
    """How many rows (by their weights) each stands for (p)."""
    origins: npt.NDArray[np.int64]
    """Which feature each coordinate was made of (m)."""
    center: Floats
    """The coordinates of the middle of all rows (m)."""

    @property
    def usual(self) -> Floats:
        """What all rows had (k)."""
        return self.counts @ self.values / self.counts.sum()

    def to_arrays(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Any) -> Self:
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})


def merged(places: Floats, answers: Floats, weights: Floats, kept: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Every row tells the nearest of the ``kept`` rows what it had: the mean answers (p × k) and counts (p) of those."""
    chosen = places[kept]
    lengths = (chosen**2).sum(axis=1)
    sums, counts = np.zeros((len(kept), answers.shape[1])), np.zeros(len(kept))
    rows = max(1, 4_000_000 // len(kept))
    for at in range(0, len(places), rows):
        part = slice(at, at + rows)
        nearest = np.argmin(lengths - 2.0 * places[part] @ chosen.T, axis=1)
        np.add.at(sums, nearest, answers[part] * weights[part, None])
        np.add.at(counts, nearest, weights[part])
    return sums, counts
