"""SQL types: which Arrow type a database's column becomes, and how its values get there."""

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

import pyarrow as pa

from mainspring.steps.source.columns import decimal_target, json_text
from mainspring.steps.source.cursor import moment

ZONED = pa.timestamp("us", "UTC")
NAIVE = pa.timestamp("us")

POSTGRESQL: dict[int, pa.DataType] = {
    16: pa.bool_(), 17: pa.binary(), 20: pa.int64(), 21: pa.int64(), 23: pa.int64(), 26: pa.int64(),
    700: pa.float64(), 701: pa.float64(), 1082: pa.date32(), 1114: NAIVE, 1184: ZONED,
}  # fmt: skip
POSTGRESQL_NUMERIC = 1700

MYSQL: dict[int, pa.DataType] = {
    1: pa.int64(), 2: pa.int64(), 3: pa.int64(), 4: pa.float64(), 5: pa.float64(), 7: NAIVE, 8: pa.int64(),
    9: pa.int64(), 10: pa.date32(), 12: NAIVE, 13: pa.int64(), 16: pa.binary(), 255: pa.binary(),
}  # fmt: skip
MYSQL_DECIMALS = (0, 246)

SQLITE: dict[str, pa.DataType] = {"integer": pa.int64(), "real": pa.float64(), "text": pa.string(), "blob": pa.binary()}


def postgresql_type(column: Any) -> pa.DataType:
    """Of one entry of psycopg's ``cursor.description``. A numeric without declared digits becomes a double."""
    if column.type_code == POSTGRESQL_NUMERIC:
        if column.precision is None:
            return pa.float64()
        return decimal_target(column.precision, column.scale or 0)
    return POSTGRESQL.get(column.type_code, pa.string())


def mysql_type(column: Sequence[Any]) -> pa.DataType:
    """Of one entry of PyMySQL's ``cursor.description``: (name, type, _, length, length, scale, _)."""
    if column[1] in MYSQL_DECIMALS:
        scale = column[5] or 0
        # The length counts the sign, and the point where there is one.
        return decimal_target(max(1, column[3] - 1 - bool(scale)), scale)
    return MYSQL.get(column[1], pa.string())


def sqlite_type(found: str | None) -> pa.DataType:
    """Of the storage classes that a column's values have, comma-separated: SQLite's columns hold any."""
    kinds = set((found or "").split(",")) - {"null", ""}
    if len(kinds) == 1:
        return SQLITE[kinds.pop()]
    if not kinds:
        return pa.null()
    return pa.float64() if kinds == {"integer", "real"} else pa.string()


def array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """The values as Arrow.

    Raises:
        pyarrow.ArrowException, OverflowError, ValueError: a value is outside what the type holds.
    """
    convert = _converter(kind)
    return pa.array([None if value is None else convert(value) for value in values], kind)


def _converter(kind: pa.DataType) -> Callable[[Any], Any]:
    if pa.types.is_string(kind):
        return _text
    if pa.types.is_floating(kind):
        return float
    if pa.types.is_integer(kind):
        return int
    if pa.types.is_temporal(kind):
        return _moment
    return lambda value: value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode()
    return json_text(value) if isinstance(value, dict | list) else str(value)


def _moment(value: Any) -> Any:
    # MySQL's zero date, its word for "no date", arrives as text.
    return None if isinstance(value, str) else value


def bound(cursor: object, kind: pa.DataType) -> Any:
    """The cursor as the database compares it with a column of ``kind``; None where it must be compared here instead."""
    if pa.types.is_temporal(kind):
        place = moment(cursor)
        return place if place is None or kind == ZONED else place.astimezone(UTC).replace(tzinfo=None)
    countable = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return cursor if countable and isinstance(cursor, int | float) else None
