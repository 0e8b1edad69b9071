"""Copies: rows that say the same, or all but their key, told apart from rows that are alike by chance."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Rows = npt.NDArray[np.int64]
BY_CHANCE = 10.0
"""So many times as many pairs as chance makes, were the columns independent, are no longer chance."""
AGREE = 0.95
"""Share of the pairs alike in their features that have the same answer, from which on they are copies. In a table of a few
categories rows are alike too, but their answers differ: kept together they would be learned on one answer and judged on the other."""
FEWEST = 4
REPEATING = 0.2
"""Share of the different rows that stand more than once, from which on it is looked at how often each does: what was written twice by
mistake is either little, or nearly all."""


def copies(table: pa.Table, target: str, apart: Collection[str | None]) -> Rows | None:
    """A number for each row, the same for copies; None where there are none, or where all rows are copies of a few.

    Columns in ``apart`` (a key, a weight) may differ between copies.
    """
    features = [name for name in table.column_names if name != target and name not in apart]
    if not features or len(table) < 2:
        return None
    frame = pl.DataFrame(table.select([*features, target]))
    alike = frame.select(features).hash_rows()
    pairs = _pairs(alike)
    if pairs == 0.0 or _pairs(frame.hash_rows()) < AGREE * pairs:
        return None
    if pairs < BY_CHANCE * _by_chance(frame.select(features), pairs):
        return None
    first, codes = np.unique(alike.to_numpy(), return_index=True, return_inverse=True)[1:]
    # In the order of their first rows: the numbers then do not hang on how rows are hashed.
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[codes] if len(first) >= FEWEST else None


def alike_by_chance(table: pa.Table) -> bool:
    """Whether so many rows are alike in every column as chance makes of so few values, were the columns independent; or, as they seldom
    are, whether many of the different rows stand more than once, some far more often than others. Then none was written twice."""
    frame = pl.DataFrame(table)
    rows = frame.hash_rows()
    pairs = _pairs(rows)
    if pairs == 0.0 or pairs < BY_CHANCE * _by_chance(frame, pairs):
        return True
    times = rows.value_counts()["count"].to_numpy().astype(np.float64)
    return bool((times > 1).mean() >= REPEATING and times.var() > times.mean())


def _pairs(values: pl.Series) -> float:
    """How many pairs of rows are equal."""
    counts = values.value_counts()["count"].to_numpy().astype(np.float64)
    return float((counts * (counts - 1.0)).sum() / 2.0)


def _by_chance(features: pl.DataFrame, alike: float) -> float:
    """How many pairs would be alike in all columns, were these as often alike as in the pairs that are not ``alike`` in all."""
    every = features.height * (features.height - 1) / 2.0
    chance = 1.0
    for column in features:
        equal = _pairs(column.hash() if column.dtype.is_nested() else column)
        chance *= max(equal - alike, 0.0) / max(every - alike, 1.0)
    return every * chance
