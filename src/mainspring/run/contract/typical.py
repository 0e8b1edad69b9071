"""Typical: values to show as examples, which are many people's or nobody's, and never of a protected column."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.run.contract.fields import PROTECTED, Schema, kinds

SHARED = 10
"""So many rows must have a text for it to be shown."""
LONGEST = 60
DATE = "2026-01-31T12:00:00Z"
DIGITS = 3


def typical(fields: Mapping[str, Schema], rows: pa.Table | None, key: str | None) -> dict[str, Any]:
    """Field → an example: the middle of numbers, rounded; the most frequent text, where it stands in several rows; an invented key.

    ``rows`` are some of the cleaned table, in which protected columns are replaced already: they are not looked at all the same.
    """
    found: dict[str, Any] = {}
    for name, schema in fields.items():
        if PROTECTED in schema:
            continue
        if name == key:
            found[name] = 1001 if "integer" in kinds(schema) else "A-1001"
            continue
        value = _of_schema(schema)
        if value is None and rows is not None and name in rows.column_names:
            value = _of_column(rows.column(name), schema)
        if value is None:
            value = schema.get("minimum", schema.get("maximum"))
        if value is not None:
            found[name] = value
    return found


def _of_schema(schema: Schema) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "date-time":
        return DATE
    return True if kinds(schema)[0] == "boolean" else None


def _of_column(column: pa.ChunkedArray, schema: Schema) -> Any:
    kind = column.type
    wanted = kinds(schema)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        middle = pc.quantile(column, 0.5)[0].as_py()
        if middle is None:
            return None
        value = float(f"{middle:.{DIGITS}g}")
        value = min(max(value, schema.get("minimum", value)), schema.get("maximum", value))
        return int(value) if "integer" in wanted or value == int(value) else value
    if "string" not in wanted or pa.types.is_nested(kind):
        return None
    counts = pc.value_counts(column.cast(pa.string()).drop_null())
    if not len(counts):
        return None
    most = max(counts.to_pylist(), key=lambda one: (one["counts"], one["values"]))
    return most["values"] if most["counts"] >= SHARED and len(most["values"]) <= LONGEST else None
