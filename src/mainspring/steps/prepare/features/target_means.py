"""Target means: for categories of many levels, the mean of the target at each level, and how common the level is.

Numbers may be names too (of a department, a route, an article): they are both, where the target proves it.

Means are smoothed; training rows get those of the other folds, so that no row sees its own target.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.samples.level_means import LevelMeans
from mainspring.measure.values.reading import Read
from mainspring.steps.prepare.features.feature import NAN, number_field

FEWEST, REPEATS = 100, 3
"""A number is looked at as a name where it has more different values, each of them so often on average."""
WORTH_ORDERING = 0.001
"""Share of the target's variance that levels must explain for their order to go by it."""
PROVEN = 1.1
"""What names must explain beyond what neighbouring numbers do, in times of it."""

Level = str | float


@dataclass(frozen=True)
class Answers:
    """What training rows have as target: ``values`` of (rows, answers) in the order of ``labels``.

    One answer for a number or for two classes (1 is positive), one a class for more. Rows without a target have no
    ``weight``.
    """

    labels: tuple[str, ...]
    values: np.ndarray
    weight: np.ndarray
    seed: int = 0

    @cached_property
    def means(self) -> LevelMeans:
        return LevelMeans(self.values, self.weight, self.seed)


@dataclass(frozen=True, slots=True)
class TargetMeans:
    """``means`` and ``shares`` belong to ``levels``. Unseen has the ``whole`` means, share 0; missing is NaN."""

    column: str
    names: tuple[str, ...]
    levels: tuple[Level, ...]
    means: tuple[tuple[float, ...], ...]
    shares: tuple[float, ...]
    whole: tuple[float, ...]

    def outputs(self) -> list[pa.Field]:
        return [number_field(name, self.column) for name in self.names]

    def many(self, values: pa.Array) -> list[pa.Array]:
        rows = [*self._rows(), (*self.whole, 0.0), (NAN,) * len(self.names)]
        kind = pa.string() if isinstance(self.levels[0], str) else pa.float64()
        codes = pc.index_in(values.cast(kind), value_set=pa.array(self.levels, kind), skip_nulls=True)
        codes = codes.fill_null(len(self.levels)).to_numpy(zero_copy_only=False)
        codes = np.where(values.is_null().to_numpy(zero_copy_only=False), len(self.levels) + 1, codes)
        return [pa.array(column) for column in np.array(rows)[codes].T]

    def one(self, read: Read) -> Callable[[Any], Any]:
        known = dict(zip(self.levels, self._rows(), strict=True))
        unseen, missing = (*self.whole, 0.0), (NAN,) * len(self.names)
        if len(self.names) == 1:
            known = {level: row[0] for level, row in known.items()}
            unseen, missing = unseen[0], missing[0]

        def encode(value: Any) -> Any:
            level = read(value)
            return missing if level is None else known.get(level, unseen)

        return encode

    def _rows(self) -> list[tuple[float, ...]]:
        return [(*means, share) for means, share in zip(self.means, self.shares, strict=True)]


def fit_target_means(column: str, values: pa.Array, answers: Answers) -> tuple[TargetMeans, list[pa.Array]]:
    """The feature fitted on all rows, and its output columns for these rows made out of fold."""
    encoded = values.dictionary_encode()
    levels = tuple(encoded.dictionary.to_pylist())
    missing = values.is_null().to_numpy(zero_copy_only=False)
    codes = encoded.indices.fill_null(len(levels)).to_numpy(zero_copy_only=False)
    known, size = answers.means, len(levels) + 1
    shares = np.bincount(codes, minlength=len(levels) + 1)[:-1] / max(1, len(codes))
    means = known.smoothed(*known.sums(codes, size))[:-1]
    names = tuple(f"{column} (mean of {label})" for label in answers.labels)
    feature = TargetMeans(
        column,
        (*names, f"{column} (share)"),
        levels,
        tuple(map(tuple, means.tolist())),
        tuple(shares.tolist()),
        tuple(known.whole.tolist()),
    )
    apart = known.apart(codes, size)
    share = np.append(shares, NAN)[codes]
    return feature, [pa.array(np.where(missing, NAN, column)) for column in (*apart.T, share)]


def by_answers(levels: tuple[str, ...], values: pa.Array, answers: Answers) -> tuple[str, ...]:
    """The levels in the order of their mean answers, so that a tree which takes codes for numbers cuts between alike ones.

    For one answer no cut of any other order is better (Fisher 1958); for several, levels lie along the first principal
    component of their means (Coppersmith, Hong & Hosking 1999). Levels of few rows lie near the whole mean. Where means
    explain nothing out of fold the order is left as it is: one by chance would teach trees what chance did.
    """
    if not answers.values.shape[1]:
        return levels
    codes = pc.index_in(values, value_set=pa.array(levels, pa.string()), skip_nulls=True)
    codes = codes.fill_null(len(levels)).to_numpy(zero_copy_only=False)
    if _explained(codes, answers) < WORTH_ORDERING:
        return levels
    known = answers.means
    sums, counts = known.sums(codes, len(levels) + 1)
    apart = (known.smoothed(sums, counts) - known.whole)[:-1]
    along = np.linalg.svd(apart * np.sqrt(counts[:-1, None]), full_matrices=False)[2][0]
    # An axis has two directions; of one answer it is the answer's own.
    place = apart @ (along * np.sign(along[np.argmax(np.abs(along))]))
    return tuple(levels[i] for i in np.argsort(place, kind="stable"))


def explains_as_names(values: pa.Array, answers: Answers) -> bool:
    """Whether a column of numbers tells more of the target as names than as numbers, out of fold.

    As numbers they are cut into ``FEWEST`` parts of equal counts, whose means neighbours share.
    """
    present = values.drop_null()
    distinct = pc.count_distinct(present).as_py()
    if not FEWEST < distinct <= len(present) / REPEATS or not answers.values.shape[1]:
        return False
    numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    if not np.all(np.mod(numbers[np.isfinite(numbers)], 1.0) == 0.0):
        return False
    codes = np.unique(np.nan_to_num(numbers, nan=-np.inf), return_inverse=True)[1]
    edges = np.unique(np.quantile(codes, np.linspace(0, 1, FEWEST + 1)[1:-1]))
    return (
        _explained(codes, answers)
        > PROVEN * max(0.0, _explained(np.searchsorted(edges, codes, "right"), answers)) + 0.002
    )


def _explained(codes: np.ndarray, answers: Answers) -> float:
    return answers.means.explained(codes, int(codes.max(initial=0)) + 1)
