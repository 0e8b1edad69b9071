"""Duplicates: rows that repeat another."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.copies import alike_by_chance

Rows = npt.NDArray[np.int64]
How = Literal["auto", "drop", "keep"]


@dataclass(frozen=True, slots=True)
class Distinct:
    """The numbers, ascending, of the ``rows`` that are kept; how many of them repeat another and are kept as ``alike`` by chance."""

    rows: Rows
    alike: int = 0

    def of(self, table: pa.Table) -> pa.Table:
        """The table without the others."""
        return table if len(self.rows) == len(table) else table.take(pa.array(self.rows))


def distinct(table: pa.Table, key: str | None, how: How = "auto") -> Distinct:
    """The rows that do not repeat another.

    With a key, of the rows that share one the last is kept, whatever the others say: it is the newest. Rows without a
    key are judged by all their columns, as is every row where no key is declared; then the first is kept. Where none is declared,
    ``auto`` keeps all if rows of so few values are alike by chance: of ten thousand answers to five questions few would be left.
    """
    if how == "keep" or len(table) < 2 or not table.num_columns:
        return Distinct(np.arange(len(table)))
    if key is not None:
        return Distinct(_last_of_key(table, key).to_numpy())
    first = _first_of_each(table).to_numpy()
    repeating = len(table) - len(first)
    if how == "auto" and repeating and alike_by_chance(table):
        return Distinct(np.arange(len(table)), repeating)
    return Distinct(first)


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
