"""Design: features as the columns a linear model weighs: standardised numbers, marks for missing ones, a column a category."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.tabular.filled import filled
from mainspring.steps.learn.tabular.scores import Floats

TAIL = 0.02
"""Share of a column's values at either end that may be outliers."""
FAR = 4.0
"""Standard deviations at which a column is clipped whose values are nearly all the same."""
UNBOUNDED = 1e150
MOST_LEVELS = 100
FEW = 1_000_000


@dataclass(frozen=True)
class Design:
    """What becomes of the number columns (``median low high mean scale has_missing``) and of the category columns.

    Of a category with ``levels`` codes there are levels + 1 columns: the first for codes that are missing, unseen or beyond.
    """

    numbers: npt.NDArray[np.int64]
    median: Floats
    low: Floats
    high: Floats
    mean: Floats
    scale: Floats
    has_missing: npt.NDArray[np.bool_]
    categories: npt.NDArray[np.int64]
    levels: npt.NDArray[np.int64]

    @classmethod
    def of(cls, matrix: Floats, categories: tuple[int, ...], *, clips: bool = True, most: int = MOST_LEVELS) -> Self:
        """What to do with matrices (n × features) like this one. ``clips``: one outlier shall not bend the line. ``most`` levels of a
        category have a column of their own."""
        numbers = np.array([j for j in range(matrix.shape[1]) if j not in categories], dtype=np.int64)
        part = np.where(np.isfinite(matrix[:, numbers]), matrix[:, numbers], np.nan)
        missing = np.isnan(part)
        empty = missing.all(axis=0)
        part[:, empty] = 0.0
        median = np.nanmedian(part, axis=0) if len(numbers) else np.zeros(0)
        low, high = _range(part) if clips else (np.full(len(numbers), -UNBOUNDED), np.full(len(numbers), UNBOUNDED))
        filled = np.clip(np.where(np.isnan(part), median, part), low, high)
        mean, scale = filled.mean(axis=0), filled.std(axis=0)
        levels = [int(min(most, max(0, matrix[:, j].max(initial=-1) + 1))) for j in categories]
        return cls(
            numbers, median, low, high, mean, np.where(scale > 1e-12 * np.abs(mean), scale, 1.0), np.asarray(missing.any(axis=0) & ~empty),
            np.array(categories, dtype=np.int64), np.array(levels, dtype=np.int64),
        )  # fmt: skip

    @cached_property
    def origins(self) -> npt.NDArray[np.int64]:
        """Which feature each designed column was made of."""
        return np.concatenate(
            [self.numbers, self.numbers[self.has_missing], np.repeat(self.categories, self.levels + 1)]
        )

    @cached_property
    def firsts(self) -> npt.NDArray[np.int64]:
        """Of each category its first column, among those of categories."""
        return np.cumsum(self.levels + 1) - self.levels - 1

    def apply(self, matrix: Floats) -> Floats:
        """The designed columns (n × width) of a matrix (n × features)."""
        codes = np.zeros((len(matrix), int((self.levels + 1).sum())))
        np.put_along_axis(codes, self._codes(matrix), 1.0, axis=1)
        return np.concatenate([*self._numbers(matrix), codes], axis=1)

    def weigh(self, matrix: Floats, weights: Floats) -> Floats:
        """``apply(matrix) @ weights`` (n × outputs), without making the columns of categories."""
        numbers, marks = self._numbers(matrix)
        first, second = numbers.shape[1], numbers.shape[1] + marks.shape[1]
        raw = numbers @ weights[:first]
        if second > first:
            raw += marks @ weights[first:second]
        if not len(self.categories):
            return raw
        held, codes = weights[second:], self._codes(matrix)
        if codes.size * held.shape[1] <= FEW:
            return raw + held[codes].sum(axis=1)
        for column in codes.T:
            raw += held[column]
        return raw

    def _numbers(self, matrix: Floats) -> tuple[Floats, Floats]:
        part, missing = filled(matrix, self.numbers, self.median, (self.low, self.high))
        part -= self.mean
        part /= self.scale
        return part, missing.take(self._marked, axis=1).astype(np.float64)

    @cached_property
    def _marked(self) -> npt.NDArray[np.int64]:
        return np.flatnonzero(self.has_missing)

    def _codes(self, matrix: Floats) -> npt.NDArray[np.int64]:
        codes = matrix[:, self.categories]
        return np.where((codes >= 0) & (codes < self.levels), codes + 1, 0).astype(np.int64) + self.firsts

    def to_arrays(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Any) -> Self:
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})


def _range(part: Floats) -> tuple[Floats, Floats]:
    """Within which values of each column are taken as they are."""
    if not part.size:
        return np.zeros(part.shape[1]), np.zeros(part.shape[1])
    low, high = np.nanquantile(part, [TAIL, 1.0 - TAIL], axis=0)
    spread = high - low
    bounded = np.clip(part, -UNBOUNDED, UNBOUNDED)
    mean, deviation = np.nanmean(bounded, axis=0), np.nanstd(bounded, axis=0)
    same = spread <= 0.0
    low = np.where(same, mean - FAR * deviation, low - spread)
    high = np.where(same, mean + FAR * deviation, high + spread)
    return np.clip(low, -UNBOUNDED, UNBOUNDED), np.clip(high, -UNBOUNDED, UNBOUNDED)
