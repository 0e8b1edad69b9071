"""Duplicates: rows that repeat another."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.copies import alike_by_chance

Rows = npt.NDArray[np.int64]
How = Literal["auto", "drop", "keep"]


def drop_duplicates(table: pa.Table, key: str | None, how: How = "auto") -> tuple[pa.Table, int]:
    """The table without rows that repeat another, in its order, and how many were dropped.

    With a key, of the rows that share one the last is kept, whatever the others say: it is the newest. Rows without a
    key are judged by all their columns, as is every row where no key is declared; then the first is kept. Where none is declared,
    ``auto`` keeps all if rows of so few values are alike by chance: of ten thousand answers to five questions few would be left.
    """
    keep = distinct(table, key, how)
    dropped = len(table) - len(keep)
    return (table.take(pa.array(keep)), dropped) if dropped else (table, 0)


def distinct(table: pa.Table, key: str | None, how: How = "auto") -> Rows:
    """The numbers, ascending, of the rows that :func:`drop_duplicates` keeps."""
    if how == "keep" or len(table) < 2 or not table.num_columns:
        return np.arange(len(table))
    if key is not None:
        return _last_of_key(table, key).to_numpy()
    first = _first_of_each(table).to_numpy()
    if how == "auto" and len(first) < len(table) and alike_by_chance(table):
        return np.arange(len(table))
    return first


def alike(table: pa.Table) -> int:
    """How many rows repeat another in every column."""
    return len(table) - len(_first_of_each(table)) if len(table) > 1 and table.num_columns else 0


def changed_keys(table: pa.Table, key: str) -> int:
    """How many keys stand in several rows that say different things."""
    frame = pl.DataFrame(table).unique().filter(pl.col(key).is_not_null())
    return frame.group_by(key).len().filter(pl.col("len") > 1).height


def _first_of_each(table: pa.Table) -> pl.Series:
    place = _free_name(table)
    frame = pl.DataFrame(table).with_row_index(place)
    return frame.unique(subset=table.column_names, keep="first", maintain_order=True)[place].cast(pl.Int64)


def _last_of_key(table: pa.Table, key: str) -> pl.Series:
    place = _free_name(table)
    frame = pl.DataFrame(table).with_row_index(place)
    keyed = frame.filter(pl.col(key).is_not_null()).unique(subset=[key], keep="last", maintain_order=True)[place]
    if not pc.any(pc.is_null(table.column(key))).as_py():
        return keyed.cast(pl.Int64)
    free = frame.filter(pl.col(key).is_null()).unique(subset=table.column_names, keep="first", maintain_order=True)[
        place
    ]
    return pl.concat([keyed, free]).sort().cast(pl.Int64)


def _free_name(table: pa.Table) -> str:
    name = "row"
    while name in table.column_names:
        name += "_"
    return name
