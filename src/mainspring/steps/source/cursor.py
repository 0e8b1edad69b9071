"""Cursor: the highest value of ``since`` so far; a later collection takes only what lies beyond it.

The highest value (the cursor) decides how values are ordered: a number orders as numbers, an ISO date or time as
moments (UTC where no zone is written), anything else as text by code points. A value that does not fit the order, and a
missing one, is never beyond.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from mainspring.errors import UnknownColumn

Cursor = str | int | float
"""The highest value collected, in a form that JSON keeps."""

LARGEST_EXPONENT = 300
"""Text like ``1e999999`` is not taken for a number: no column keeps one so large."""

Order = Callable[[Any], Any]


def beyond(batch: pa.RecordBatch, since: str, cursor: object, where: str = "the source") -> pa.RecordBatch:
    """The rows whose ``since`` is more than ``cursor``.

    Raises:
        UnknownColumn: there is no such column.
    """
    order = order_of(cursor)
    limit = order(cursor)
    places = (order(value) for value in _values(batch, since, where))
    return batch.filter(pa.array([place is not None and place > limit for place in places], pa.bool_()))


def highest(rows: pa.RecordBatch | pa.Table, since: str, previous: object | None = None) -> Cursor | None:
    """The cursor after ``rows`` were collected: the highest of them and ``previous``; None while there is none.

    Raises:
        UnknownColumn: there is no such column.
    """
    values = [value for value in _values(rows, since, "the source") if value is not None]
    order = _order_by_evidence(values) if previous is None else order_of(previous)
    candidates = values if previous is None else [previous, *values]
    placed = [(place, value) for value in candidates if (place := order(value)) is not None]
    return _kept(*max(placed, key=lambda pair: pair[0])) if placed else None


def order_of(cursor: object) -> Order:
    if isinstance(cursor, int | float | Decimal):
        return number
    return moment if moment(cursor) is not None else _text


def _order_by_evidence(values: list[Any]) -> Order:
    """The order that at least half of the values follow, so that a stray ``N/A`` does not turn numbers into text."""
    for order in (number, moment):
        if 2 * sum(order(value) is not None for value in values) >= len(values):
            return order
    return _text


def number(value: Any) -> Decimal | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    try:
        parsed = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return None
    return parsed if parsed.is_finite() and parsed.adjusted() <= LARGEST_EXPONENT else None


def moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _kept(place: Any, value: Any) -> Cursor:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(place, Decimal) and not isinstance(value, float):
        return int(place) if place == place.to_integral_value() else float(place)
    return value


def _values(rows: pa.RecordBatch | pa.Table, since: str, where: str) -> list[Any]:
    if since not in rows.schema.names:
        raise UnknownColumn(since, where, rows.schema.names)
    return rows.column(since).to_pylist()
