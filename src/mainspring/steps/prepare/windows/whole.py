"""Whole: the windows' columns of a whole table, as if its rows had come in the order of their times."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.steps.prepare.windows.stretches import Ordered
from mainspring.steps.prepare.windows.told import Told
from mainspring.steps.prepare.windows.windowing import SECOND, Group, Windowing, microseconds


def windows_of(table: pa.Table, windowing: Windowing, counted: np.ndarray, now: datetime) -> pa.Table:
    """A cleaned table's windows, (n rows, the columns of ``windowing``); null for rows that are not ``counted`` (n booleans).

    A row without a key, without a time, or further ahead of ``now`` (naive UTC) than allowed has no windows and counts for none.
    """
    moments = pc.cast(table.column(windowing.time), pa.int64()).combine_chunks()
    at = moments.fill_null(0).to_numpy()
    known = counted & moments.is_valid().to_numpy(zero_copy_only=False)
    known &= at <= microseconds(now) + windowing.ahead
    made: dict[str, pa.Array] = {}
    for group in windowing.groups:
        keys = plain(table.column(group.by)).dictionary_encode()
        rows = np.flatnonzero(known & keys.is_valid().to_numpy(zero_copy_only=False))
        numbers = keys.indices.fill_null(0).to_numpy().astype(np.int64)
        rows = rows[np.lexsort((at[rows], numbers[rows]))]
        made |= _group(table, group, rows, Ordered.of(numbers[rows], at[rows]))
    return pa.table({name: made[name] for name in windowing.names})


def plain(column: pa.ChunkedArray) -> pa.Array:
    """Cleaned values as windows compare them: numbers without a negative zero, or whatever else they are."""
    array = column.combine_chunks()
    if pa.types.is_boolean(array.type) or pa.types.is_integer(array.type):
        array = array.cast(pa.float64())
    return pc.add(array, 0.0) if pa.types.is_floating(array.type) else array


def _group(table: pa.Table, group: Group, rows: np.ndarray, order: Ordered) -> dict[str, pa.Array]:
    columns = {name: Told(plain(table.column(name)).take(pa.array(rows))) for name in group.columns}
    made: dict[str, pa.Array] = {}
    ends = order.ends
    for window in group.windows:
        begins = order.begins(window)
        for one in window.made:
            if one.kind == "count":
                values = pa.array((ends - begins).astype(np.float64))
            elif one.kind == "since_last":
                since = (order.times - order.times[np.maximum(ends - 1, 0)]) / SECOND
                values = pa.array(since, mask=ends == begins)
            else:
                values = columns[one.of].told(one.kind, begins, ends, one.level)
            made[one.name] = _placed(values, rows, len(table))
    return made


def _placed(values: pa.Array, rows: np.ndarray, size: int) -> pa.Array:
    """The values of the ``rows`` of a table of ``size``; null for the others."""
    places = np.zeros(size, np.int64)
    mask = np.ones(size, bool)
    places[rows], mask[rows] = np.arange(len(rows)), False
    return values.take(pa.array(places, mask=mask))
