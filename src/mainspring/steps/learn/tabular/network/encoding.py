"""Encoding: features as what a network sees: numbers scaled robustly and clipped smoothly, marks for missing ones, places of categories."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.tabular.filled import filled
from mainspring.steps.learn.tabular.scores import Floats

REACH = 3.0
"""Where the smooth clip ends: far outliers come close to it, and never beyond."""
NINTH = 1.0 / REACH**2
FEW = 24
"""Numbers of one row that are reckoned one by one: arrays of so few cost more than they save."""
MOST_LEVELS = 1000
UNBOUNDED = 1e150
FAR = 1e6


@dataclass(frozen=True)
class Encoding:
    """What becomes of the number columns (``median scale has_missing``) and of the category columns (``levels`` codes each).

    Robust scaling and smooth clipping are those of RealMLP (Holzmüller et al. 2024, arXiv 2407.04491).
    """

    numbers: npt.NDArray[np.int64]
    median: Floats
    scale: Floats
    """What a distance from the median is multiplied by; 0 for a column without spread."""
    has_missing: npt.NDArray[np.bool_]
    categories: npt.NDArray[np.int64]
    levels: npt.NDArray[np.int64]

    @classmethod
    def of(cls, matrix: Floats, categories: tuple[int, ...]) -> Self:
        """What to do with matrices (n × features) like this one."""
        numbers = np.array([j for j in range(matrix.shape[1]) if j not in categories], dtype=np.int64)
        part = np.where(np.isfinite(matrix[:, numbers]), matrix[:, numbers], np.nan)
        missing = np.isnan(part)
        empty = missing.all(axis=0)
        part[:, empty] = 0.0
        part = np.clip(part, -UNBOUNDED, UNBOUNDED)
        low, first, median, third, high = (
            np.nanquantile(part, [0.0, 0.25, 0.5, 0.75, 1.0], axis=0) if len(numbers) else np.zeros((5, 0))
        )
        levels = [int(min(MOST_LEVELS, max(0, matrix[:, j].max(initial=-1) + 1))) for j in categories]
        return cls(
            numbers, median, _scale(third - first, (high - low) / 2, np.abs(median)),
            np.asarray(missing.any(axis=0) & ~empty), np.array(categories, dtype=np.int64), np.array(levels, dtype=np.int64),
        )  # fmt: skip

    @cached_property
    def firsts(self) -> npt.NDArray[np.int64]:
        """Of each category the place of its first row in the table of all categories: the one for what is missing or unseen."""
        return np.cumsum(self.levels + 1) - self.levels - 1

    @property
    def places(self) -> int:
        return int((self.levels + 1).sum())

    @property
    def width(self) -> int:
        """How many plain numbers there are: one a number column, and a mark for each that may be missing."""
        return len(self.numbers) + int(self.has_missing.sum())

    def plain(self, matrix: Floats) -> Floats:
        """Scaled numbers, then marks (n × width)."""
        if len(matrix) == 1 and len(self._each) <= FEW:
            return np.array([self._row(matrix[0].tolist())])
        part, missing = filled(matrix, self.numbers, self.median, self.ends)
        part -= self.median
        part *= self.scale
        root = part * part
        root *= NINTH
        root += 1.0
        part /= np.sqrt(root, out=root)
        return np.concatenate([part, missing.take(self._marked, axis=1)], axis=1) if self._marked.size else part

    def _row(self, values: Sequence[float]) -> list[float]:
        """The same of one row, bit for bit."""
        out, marks = list[float](), list[float]()
        for place, median, scale, low, high, marked in self._each:
            value = values[place]
            missing = not math.isfinite(value)
            if missing:
                value = median
            value = ((low if value < low else high if value > high else value) - median) * scale
            out.append(value / math.sqrt(1.0 + value * value * NINTH))
            if marked:
                marks.append(float(missing))
        return out + marks

    @cached_property
    def _each(self) -> list[tuple[int, float, float, float, float, bool]]:
        lowest, highest = self.ends
        columns = (self.numbers, self.median, self.scale, lowest, highest, self.has_missing)
        return [*zip(*(column.tolist() for column in columns), strict=True)]

    def codes(self, matrix: Floats) -> npt.NDArray[np.int64]:
        """Places in the table of all categories (n × categories)."""
        if not self.categories.size:
            return np.empty((len(matrix), 0), dtype=np.int64)
        codes = matrix[:, self.categories]
        return np.where((codes >= 0) & (codes < self.levels), codes + 1, 0).astype(np.int64) + self.firsts

    @cached_property
    def ends(self) -> tuple[Floats, Floats]:
        """Lowest and highest value of each number, beyond which all is one."""
        far = np.divide(FAR, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0.0)
        return self.median - far, self.median + far

    @cached_property
    def _marked(self) -> npt.NDArray[np.int64]:
        return np.flatnonzero(self.has_missing)

    def to_arrays(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Any) -> Self:
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})


def _scale(quartiles: Floats, half: Floats, level: Floats) -> Floats:
    """One over the distance of the quartiles; where that is nothing, over half of the whole range."""
    least = np.maximum(1e-12 * level, 1.0 / UNBOUNDED)
    spread = np.where(quartiles > least, quartiles, half)
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > least)
