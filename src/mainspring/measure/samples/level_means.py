"""LevelMeans: the mean answer of the rows at each level, drawn towards the whole mean, and out of fold.

Smoothed as by D. Micci-Barreca, *A preprocessing scheme for high-cardinality categorical attributes*, 2001. Rows that are learned from
get the means of the other folds, so that no row sees its own answer.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SMOOTHING = 10.0
"""The whole mean weighs as much as so many rows."""
FOLDS = 5


@dataclass(frozen=True)
class LevelMeans:
    """Of ``values`` (n × answers) and how much each row counts (``weight``, n). ``seed`` deals the rows out to the folds.

    Levels are told by ``codes`` (n) from 0 to below ``size``.
    """

    values: Floats
    weight: Floats
    seed: int = 0

    @cached_property
    def whole(self) -> Floats:
        """The mean of all rows (answers); 0 where none counts."""
        total = self.weight.sum()
        return self.weight @ self.values / total if total > 0 else np.zeros(self.values.shape[1])

    def sums(self, codes: Ints, size: int) -> tuple[Floats, Floats]:
        """Per level: the weighted sum of each answer (size × answers), and the weight (size)."""
        return _sums(codes, self.values, self.weight, size)

    def smoothed(self, sums: Floats, counts: Floats) -> Floats:
        """The means that such sums and weights come to (size × answers)."""
        return (sums + SMOOTHING * self.whole) / (counts + SMOOTHING)[:, None]

    def apart(self, codes: Ints, size: int) -> Floats:
        """The mean of each row's level, from the other folds (n × answers)."""
        sums, counts = self.sums(codes, size)
        found = np.zeros(self.values.shape)
        for fold in range(FOLDS):
            rows = self._folds == fold
            own, weight = _sums(codes[rows], self.values[rows], self.weight[rows], size)
            found[rows] = self.smoothed(sums - own, counts - weight)[codes[rows]]
        return found

    def explained(self, codes: Ints, size: int) -> float:
        """The share of the answers' variance that means of other folds explain."""
        weight = self.weight[:, None]
        around = float((weight * (self.values - self.whole) ** 2).sum())
        left = float((weight * (self.values - self.apart(codes, size)) ** 2).sum())
        return 1.0 - left / around if around > 0 else 0.0

    @cached_property
    def _folds(self) -> Ints:
        return np.random.default_rng(self.seed).permutation(len(self.values)) % FOLDS


def _sums(codes: Ints, values: Floats, weight: Floats, size: int) -> tuple[Floats, Floats]:
    counts = np.bincount(codes, weights=weight, minlength=size).astype(np.float64)
    columns = [np.bincount(codes, weights=weight * column, minlength=size) for column in values.T]
    return np.array(columns, dtype=np.float64).reshape(-1, size).T, counts
