"""Design: features as the columns a linear model weighs: standardised numbers, marks for missing ones, a column a category."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mainspring.steps.learn.tabular.scores import Floats

FAR = 4.0
"""Standard deviations from the mean at which values are clipped, so that one outlier cannot bend the line."""
MOST_LEVELS = 100


@dataclass(frozen=True)
class Design:
    """Arrays over the number columns (``median mean scale has_missing``), and the levels (codes) of each category column."""

    numbers: tuple[int, ...]
    median: Floats
    mean: Floats
    scale: Floats
    has_missing: np.ndarray
    categories: tuple[int, ...]
    levels: tuple[int, ...]
    clips: bool

    @classmethod
    def of(cls, matrix: Floats, categories: tuple[int, ...], *, clips: bool = True) -> Self:
        """What to do with matrices (n × features) like this one."""
        numbers = tuple(j for j in range(matrix.shape[1]) if j not in categories)
        part = np.where(np.isfinite(matrix[:, numbers]), matrix[:, numbers], np.nan)
        missing = np.isnan(part)
        empty = missing.all(axis=0)
        median = np.where(empty, 0.0, np.nanmedian(np.where(empty, 0.0, part), axis=0)) if numbers else np.zeros(0)
        filled = np.where(missing, median, part)
        scale = filled.std(axis=0)
        levels = tuple(int(min(MOST_LEVELS, max(0, matrix[:, j].max(initial=-1) + 1))) for j in categories)
        return cls(
            numbers, median, filled.mean(axis=0), np.where(scale > 1e-12, scale, 1.0), missing.any(axis=0) & ~empty,
            categories, levels, clips,
        )  # fmt: skip

    @property
    def width(self) -> int:
        return len(self.numbers) + int(self.has_missing.sum()) + sum(self.levels)

    @property
    def origins(self) -> np.ndarray:
        """Which feature each designed column was made of."""
        marked = [j for j, has in zip(self.numbers, self.has_missing, strict=True) if has]
        return np.array([*self.numbers, *marked, *np.repeat(self.categories, self.levels)], dtype=np.int64)

    def apply(self, matrix: Floats) -> Floats:
        """The designed columns (n × width) of a matrix (n × features)."""
        part = matrix[:, self.numbers]
        missing = ~np.isfinite(part)
        scaled = (np.where(missing, self.median, part) - self.mean) / self.scale
        if self.clips:
            scaled = np.clip(scaled, -FAR, FAR)
        blocks = [scaled, missing[:, self.has_missing].astype(np.float64)]
        for j, count in zip(self.categories, self.levels, strict=True):
            blocks.append((matrix[:, j, None] == np.arange(count)).astype(np.float64))
        return np.concatenate(blocks, axis=1)

    def to_arrays(self) -> dict[str, Any]:
        return {
            "numbers": np.array(self.numbers, np.int64), "median": self.median, "mean": self.mean, "scale": self.scale,
            "has_missing": self.has_missing, "categories": np.array(self.categories, np.int64),
            "levels": np.array(self.levels, np.int64), "clips": np.array(self.clips),
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, a: Any) -> Self:
        return cls(
            tuple(a["numbers"].tolist()), a["median"], a["mean"], a["scale"], a["has_missing"],
            tuple(a["categories"].tolist()), tuple(a["levels"].tolist()), bool(a["clips"]),
        )  # fmt: skip
