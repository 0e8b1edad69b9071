"""Columns: names that can be told apart, and types that the lake keeps. Every reader's batches pass through here."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.errors import SourceError

EXACT_DIGITS = 15
"""A double gives back every decimal of so many digits unchanged."""
WHOLE_DIGITS = 18
"""Every whole number of so many digits fits into an int64."""
PLAIN = frozenset({
    pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.float32(), pa.float64(), pa.string(), pa.binary(),
    pa.date32(), pa.timestamp("us"), pa.timestamp("us", "UTC"),
})  # fmt: skip
"""Types that need no change."""
RENAME = "rename one of the two columns"
INDEX = "__index_level_"
"""How the columns begin that pandas writes for the row labels of a frame; they are no data."""


def settled(batch: pa.RecordBatch, where: str) -> pa.RecordBatch:
    """The batch with usable names and plain types, the same for every batch of one schema.

    Structs become a column a field, one level deep (``address.city``); deeper structs, lists and maps become JSON text.
    Dictionaries become their values. Unsigned integers become signed ones of the next size; decimals of up to 15 digits
    become doubles, whole ones of up to 18 digits int64. Timestamps get microseconds, and UTC where they had a zone;
    times of day become text, durations seconds. Columns of pandas' row labels are left out.

    Raises:
        SourceError: two columns have one name, or a number is too large for int64.
    """
    if _is_settled(batch.schema, where):
        return batch
    kept = [name for name in batch.schema.names if not name.startswith(INDEX)]
    table = pa.Table.from_batches([batch if len(kept) == batch.num_columns else batch.select(kept)]).flatten()
    names = distinct_names(table.column_names, where)
    arrays = [_plain(table.column(i).combine_chunks(), f"{where}, column {name!r}") for i, name in enumerate(names)]
    return _batch(arrays, names, table.num_rows)


def _is_settled(schema: pa.Schema, where: str) -> bool:
    if not PLAIN.issuperset(schema.types) or any(name.startswith(INDEX) for name in schema.names):
        return False
    settled_names = distinct_names(schema.names, where)
    return schema.equals(pa.schema(list(zip(settled_names, schema.types, strict=True))), check_metadata=True)


def settled_schema(schema: pa.Schema, where: str) -> pa.Schema:
    return settled(empty_batch(schema), where).schema


def empty_batch(schema: pa.Schema) -> pa.RecordBatch:
    return _batch([pa.array([], f.type) for f in schema], schema.names, 0)


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """The table as one batch, even where it has no rows."""
    return table.combine_chunks().to_batches()[0] if table.num_rows else empty_batch(table.schema)


def _batch(arrays: list[pa.Array], names: list[str], rows: int) -> pa.RecordBatch:
    if not arrays:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(arrays, names=names)


def distinct_names(names: Iterable[str | None], where: str, remedy: str = RENAME) -> list[str]:
    """Names without white space around them; a nameless column is called ``column_N`` (N counts from 1).

    Raises:
        SourceError: two names are equal, or differ only in case (the lake cannot tell those apart).
    """
    cleaned = [" ".join((name or "").split()) or f"column_{i}" for i, name in enumerate(names, start=1)]
    seen: dict[str, int] = {}
    for position, name in enumerate(cleaned, start=1):
        first = seen.setdefault(name.casefold(), position)
        if first != position:
            twin = cleaned[first - 1]
            how = "have the same name" if twin == name else f"differ only in case ({twin!r})"
            raise SourceError(f"columns {first} and {position} {how}: {name!r}", where=where, remedy=remedy)
    return cleaned


def _plain(array: pa.Array, where: str) -> pa.Array:
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(array.storage, where)
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode(), where)
    if pa.types.is_nested(kind):
        return pa.array([None if v is None else json_text(v) for v in array.to_pylist()], pa.string())
    for belongs, target in _TARGETS:
        if belongs(kind):
            return _cast(array, target(kind), where)
    return array


def _cast(array: pa.Array, target: pa.DataType, where: str) -> pa.Array:
    if pa.types.is_duration(array.type):
        microseconds = pc.cast(pc.cast(array, pa.duration("us"), safe=False), pa.int64())
        return pc.divide(pc.cast(microseconds, pa.float64()), 1e6)
    # Only what is finer than a microsecond is cut off; everything else must fit.
    exact = not pa.types.is_timestamp(array.type)
    try:
        return pc.cast(array, target, safe=exact)
    except pa.ArrowInvalid as error:
        raise SourceError(
            f"a value does not fit into {target}", where=where, remedy="bring the column to text or to a smaller number"
        ) from error


def json_text(value: Any) -> str:
    """A nested value as compact JSON; what JSON has no word for (dates, decimals, bytes) as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_word)


def _word(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def decimal_target(precision: int, scale: int) -> pa.DataType:
    """The plain type that holds decimals of ``precision`` digits, ``scale`` of them after the point."""
    if scale <= 0 and precision - scale <= WHOLE_DIGITS:
        return pa.int64()
    if precision <= EXACT_DIGITS:
        return pa.float64()
    return pa.decimal128(precision, scale) if precision <= 38 else pa.string()


_UNSIGNED = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.int64()}

_TARGETS: list[tuple[Callable[[pa.DataType], bool], Callable[[Any], pa.DataType]]] = [
    (lambda kind: pa.types.is_large_string(kind) or pa.types.is_string_view(kind), lambda _: pa.string()),
    (
        lambda kind: (
            pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind)
        ),
        lambda _: pa.binary(),
    ),
    (pa.types.is_unsigned_integer, lambda kind: _UNSIGNED[kind]),
    (pa.types.is_float16, lambda _: pa.float32()),
    (pa.types.is_decimal, lambda kind: decimal_target(kind.precision, kind.scale)),
    (pa.types.is_timestamp, lambda kind: pa.timestamp("us", "UTC" if kind.tz else None)),
    (pa.types.is_date64, lambda _: pa.date32()),
    (pa.types.is_time, lambda _: pa.string()),
    (pa.types.is_duration, lambda _: pa.float64()),
]
