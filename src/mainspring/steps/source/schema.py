"""Schema: what became of the columns since last time, and rows brought to the columns they are kept in."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.errors import SchemaChanged
from mainspring.table import SchemaChange

_WHOLE = (pa.int8(), pa.int16(), pa.int32(), pa.int64())
_FLOATING = (pa.float32(), pa.float64())


def wider(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The narrowest of the two-or-wider types that holds every value of both; None where there is none.

    An untyped (all missing) column takes any type, integers grow, integers and floats meet in double, dates become
    timestamps, decimals get room for both. Text is never widened to or from: ``"007"`` and ``7`` are not one value.
    """
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if one in _WHOLE and other in _WHOLE:
        return max(one, other, key=_WHOLE.index)
    if _number(one) and _number(other):
        return pa.float64()
    if pa.types.is_decimal(one) and pa.types.is_decimal(other):
        return _roomier(one, other)
    if {_moment(one), _moment(other)} == {"date", "naive"}:
        return pa.timestamp("us")
    return None


def _number(kind: pa.DataType) -> bool:
    return kind in _WHOLE or kind in _FLOATING


def _moment(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "zoned" if kind.tz else "naive"
    return "date" if pa.types.is_date(kind) else ""


def _roomier(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    scale = max(one.scale, other.scale)
    precision = scale + max(one.precision - one.scale, other.precision - other.scale)
    return pa.decimal128(precision, scale) if precision <= 38 else None


def compare(stored: pa.Schema, new: pa.Schema) -> SchemaChange:
    """What changed from the stored columns to the new ones. A new column narrower than the stored one is no change."""
    before, after = _types(stored), _types(new)
    shared = [(name, old, after[name]) for name, old in before.items() if name in after]
    return SchemaChange(
        added=tuple(name for name in after if name not in before),
        missing=tuple(name for name in before if name not in after),
        widened=tuple((n, str(old), str(now)) for n, old, now in shared if (w := wider(old, now)) and w != old),
        refused=tuple((n, str(old), str(now)) for n, old, now in shared if wider(old, now) is None),
    )


def _types(schema: pa.Schema) -> dict[str, pa.DataType]:
    return {column.name: column.type for column in schema}


def unified(stored: pa.Schema, new: pa.Schema) -> pa.Schema:
    """The columns that hold both: the stored ones, widened where needed, then the added ones; all nullable.

    Raises:
        SchemaChanged: a column's type changed in a way that would lose values.
    """
    change = compare(stored, new)
    if change.refused:
        raise SchemaChanged(
            "; ".join(f"column {name!r} was {old} and is now {now}" for name, old, now in change.refused),
            remedy="bring the columns back to their type at the source, or collect under a new automation name",
        )
    return _merged(stored, new)


def _merged(stored: pa.Schema, new: pa.Schema, text: bool = False) -> pa.Schema:
    merged = _types(stored)
    for column in new:
        old = merged.get(column.name, pa.null())
        merged[column.name] = wider(old, column.type) or (pa.string() if text else old)
    return pa.schema(list(merged.items()))


def joined(schemas: Iterable[tuple[str, pa.Schema]]) -> pa.Schema:
    """One schema over several named files, read as one table: a column that is text in one file is text in all.

    Raises:
        SchemaChanged: two files give one column types that fit neither each other nor text.
    """
    total = pa.schema([])
    for name, schema in schemas:
        for column, old, now in compare(total, schema).refused:
            if "string" not in (old, now) or "binary" in (old, now):
                raise SchemaChanged(
                    f"column {column!r} is {now} here and {old} in the files before",
                    where=name,
                    remedy="bring the files to one type, or declare them as separate sources",
                )
        total = _merged(total, schema, text=True)
    return total


def conform(rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows in exactly the columns of ``schema``: reordered, cast, absent columns empty.

    Raises:
        SchemaChanged: a column is not in the schema, or a value does not fit its column's type exactly.
    """
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
    if table.schema.equals(schema):
        return table
    columns = dict(zip(table.column_names, table.columns, strict=True))
    known = set(schema.names)
    extra = [name for name in columns if name not in known]
    if extra:
        raise SchemaChanged(
            f"there are columns that the table does not have: {', '.join(map(repr, extra[:5]))}",
            remedy="widen the table's columns first, or leave these out",
        )
    cast = [_cast(columns.get(field.name, pa.nulls(table.num_rows)), field) for field in schema]
    return pa.Table.from_arrays(cast, schema=schema) if cast else table


def _cast(column: pa.ChunkedArray | pa.Array, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    try:
        return column if column.type == field.type else pc.cast(column, field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SchemaChanged(
            f"a value of column {field.name!r} ({column.type}) does not fit exactly into {field.type}",
            remedy="bring the column back to its type at the source",
        ) from error
