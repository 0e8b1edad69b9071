"""Columns: which Arrow types a Delta table keeps, and how rows come into the columns a table has."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from mainspring.errors import QualityError, SchemaChanged

_KEPT_AS: list[tuple[Callable[[pa.DataType], bool], pa.DataType]] = [
    (types.is_uint8, pa.int16()),
    (types.is_uint16, pa.int32()),
    (types.is_uint32, pa.int64()),
    (types.is_uint64, pa.int64()),
    (types.is_float16, pa.float32()),
    (types.is_date64, pa.date32()),
    (types.is_large_string, pa.string()),
    (types.is_string_view, pa.string()),
    (types.is_large_binary, pa.binary()),
    (types.is_binary_view, pa.binary()),
    (types.is_fixed_size_binary, pa.binary()),
    (types.is_time, pa.string()),
    (types.is_duration, pa.int64()),
    (types.is_decimal256, pa.decimal128(38, 10)),
]
"""Delta has no unsigned, half, time-of-day or duration type: times are kept as text, durations as their count of units."""


def kept(schema: pa.Schema, table: str) -> pa.Schema:
    """The columns as a Delta table keeps them.

    Raises:
        QualityError: there is no column, two differ in case only, or one is of a kind that cannot be kept.
    """
    if not schema.names:
        raise QualityError("a table needs at least one column", where=table)
    lower: dict[str, str] = {}
    for name in schema.names:
        if twin := lower.get(name.lower()):
            raise QualityError(
                f"columns {twin!r} and {name!r} cannot stand in one table", where=table, remedy="rename one of the two"
            )
        lower[name.lower()] = name
    return pa.schema([(field.name, _kept(field.type, f"{table}.{field.name}")) for field in schema])


def _kept(kind: pa.DataType, where: str) -> pa.DataType:
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _kept(kind.value_type, where)
    if types.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz else None)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.list_(_kept(kind.value_type, where))
    if types.is_struct(kind) and kind.num_fields:
        return pa.struct([(field.name, _kept(field.type, where)) for field in kind])
    if types.is_map(kind):
        return pa.map_(_kept(kind.key_type, where), _kept(kind.item_type, where))
    if types.is_struct(kind) or types.is_interval(kind) or types.is_union(kind):
        raise QualityError(f"a column of type {kind} cannot be kept", where=where, remedy="bring it to a simpler type")
    return next((ours for fits, ours in _KEPT_AS if fits(kind)), kind)


def merged(stored: pa.Schema, arriving: pa.Schema, table: str) -> pa.Schema:
    """The columns that hold both: the stored ones, widened where needed, then the new ones.

    Raises:
        SchemaChanged: a column's types have nothing in common that would keep every value.
    """
    columns = {field.name: field.type for field in stored}
    for field in arriving:
        columns[field.name] = _wider(columns.get(field.name, pa.null()), field, table)
    return pa.schema(list(columns.items()))


def _wider(stored: pa.DataType, arriving: pa.Field, table: str) -> pa.DataType:
    if types.is_date(stored) and types.is_timestamp(arriving.type) and arriving.type.tz is None:
        return arriving.type
    if types.is_date(arriving.type) and types.is_timestamp(stored) and stored.tz is None:
        return stored
    pair = [pa.schema([(arriving.name, kind)]) for kind in (stored, arriving.type)]
    try:
        return pa.unify_schemas(pair, promote_options="permissive").field(0).type
    except pa.ArrowTypeError:
        raise SchemaChanged(
            f"column {arriving.name!r} was {stored} and is now {arriving.type}",
            where=table,
            remedy="bring the column back to its type, or write to another table",
        ) from None


def fit(batch: pa.RecordBatch, schema: pa.Schema, table: str) -> pa.RecordBatch:
    """The rows in exactly the columns of ``schema``; absent ones are empty.

    Raises:
        SchemaChanged: a value does not fit its column.
    """
    if batch.schema.equals(schema):
        return batch
    return pa.RecordBatch.from_arrays([_column(batch, field, table) for field in schema], schema=schema)


def _column(batch: pa.RecordBatch, field: pa.Field, table: str) -> pa.Array:
    if field.name not in batch.schema.names:
        return pa.nulls(batch.num_rows, field.type)
    column = batch.column(field.name)
    # Delta keeps microseconds; what is beyond them is the one thing that may be cut off.
    loose = types.is_timestamp(column.type) and types.is_timestamp(field.type)
    try:
        return column if column.type == field.type else pc.cast(column, field.type, safe=not loose)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise SchemaChanged(
            f"a value of column {field.name!r} ({column.type}) does not fit into {field.type}",
            where=table,
            remedy="bring the column back to its type",
        ) from None
