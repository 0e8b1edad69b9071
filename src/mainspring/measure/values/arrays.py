"""Arrays: a whole column read at once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.values.dates import FIRST_YEAR, LAST_YEAR
from mainspring.measure.values.numerals import LONGEST, PLAIN

Quick = Callable[[pa.Array], tuple[pa.Array, pa.Array]]
"""Distinct texts → what they read as, and which of them still need to be read one by one."""

MANY = 64
_DAY = 86_400_000_000
_FIRST = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_END = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


def one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # only texts of over 2 GB remain in chunks
        column = pa.concat_arrays([chunk.cast(pa.large_string()) for chunk in column.chunks])
    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


def is_numeric(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)


def numbers(array: pa.Array, sentinels: tuple[float, ...]) -> pa.Array:
    """Finite floats; null where infinite, not a number, or a sentinel."""
    floats = array.cast(pa.float64(), safe=False)
    good = pc.is_finite(floats)
    if sentinels:
        good = pc.and_not(good, pc.is_in(floats, value_set=pa.array(sentinels, pa.float64())))
    return floats if pc.all(good, min_count=0).as_py() and not floats.null_count else pc.if_else(good, floats, None)


def moments(array: pa.Array) -> pa.Array:
    """Timestamps in UTC, microseconds, without a zone; null where the year says that the date is not known."""
    ticks = in_microseconds(array).cast(pa.int64())
    good = pc.and_(pc.greater_equal(ticks, _FIRST), pc.less(ticks, _END))
    return pc.if_else(good, ticks, None).cast(pa.timestamp("us"))


def in_microseconds(array: pa.Array) -> pa.Array:
    """The array in units that Python's own types hold; timestamps outside years 1 to 9999 become null."""
    kind = array.type
    if pa.types.is_timestamp(kind):
        return _timestamps(array, kind)
    if pa.types.is_duration(kind):
        return _scaled(array, kind.unit).cast(pa.duration("us"))
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return _scaled(array, "ns").cast(pa.time64("us"))
    if pa.types.is_date(kind):
        days = array.cast(pa.date32()).cast(pa.int32())
        good = pc.and_(pc.greater_equal(days, -719_162), pc.less_equal(days, 2_932_896))
        return pc.if_else(good, days, None).cast(pa.date32())
    return array


def _timestamps(array: pa.Array, kind: pa.TimestampType) -> pa.Array:
    if kind.unit in ("s", "ms"):
        ticks = array.cast(pa.int64())
        most = 10**12 * (1000 if kind.unit == "ms" else 1)
        array = pc.if_else(pc.less_equal(pc.abs_checked(pc.max_element_wise(ticks, -most)), most), ticks, None).cast(
            kind
        )
    ticks = _scaled(array, kind.unit)
    good = pc.and_(pc.greater_equal(ticks, -719_162 * _DAY), pc.less(ticks, 2_932_897 * _DAY))
    return pc.if_else(good, ticks, None).cast(pa.timestamp("us", tz=kind.tz))


def _scaled(array: pa.Array, unit: str) -> pa.Array:
    """Whole microseconds, rounded down as pandas rounds them for Python."""
    ticks = array.cast(pa.int64())
    if unit == "ns":
        wrong = pc.less(ticks, pc.multiply(pc.divide(ticks, 1000), 1000))
        return pc.subtract(pc.divide(ticks, 1000), pc.if_else(wrong, 1, 0))
    return pc.multiply(ticks, {"s": 1_000_000, "ms": 1000, "us": 1}[unit])


def by_distinct(array: pa.Array, read: Callable[[Any], Any], kind: pa.DataType, quick: Quick | None = None) -> pa.Array:
    """Each distinct value read once."""
    array = in_microseconds(array)
    if pa.types.is_nested(array.type):
        return pa.array([read(value) for value in array.to_pylist()], kind)
    encoded = array.dictionary_encode()
    distinct = encoded.dictionary
    if quick and len(distinct) > MANY and (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        known, rest = quick(distinct)
        slow = pa.array([read(value) for value in distinct.filter(rest).to_pylist()], kind)
        values = pc.replace_with_mask(known, rest, slow)
    else:
        values = pa.array([read(value) for value in distinct.to_pylist()], kind)
    return values.take(encoded.indices)


def plain_numerals(sentinels: tuple[float, ...], texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Numerals without exponent, sign or separators to think about, converted by Arrow; it rounds as Python does."""
    plain = pc.and_(pc.match_substring_regex(texts, f"^(?:{PLAIN})$"), pc.less(pc.binary_length(texts), LONGEST))
    if not pc.any(plain).as_py():
        return pa.nulls(len(texts), pa.float64()), pc.invert(plain)
    unsigned = pc.replace_substring_regex(texts, r"^\+", "")
    return numbers(pc.if_else(plain, unsigned, None).cast(pa.float64()), sentinels), pc.invert(plain)
