"""Problems: what is wrong with a value that a caller sent, in words for the caller and without repeating the value."""

import math
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from numbers import Real
from typing import Any

from mainspring.measure.values.marks import ALL, is_mark
from mainspring.measure.values.reading import Read, Reading
from mainspring.measure.values.words import LARGE

Check = Callable[[Any], str | None]

LONGEST = 100_000
"""Characters that one field may have."""

_WANTED = {
    "number": "must be a number",
    "whole": "must be a whole number",
    "boolean": "must be true or false",
    "date": "must be a date, such as 2024-01-31 or 2024-01-31T14:30:00Z",
}


def checker(reading: Reading) -> Check:
    """The function that says what is wrong with one value, or None when nothing is."""
    wanted = _WANTED.get(reading.kind)
    if reading.kind in ("nested", "spans", "labels"):
        return _nothing
    if wanted is None:
        return _of_any
    return _of_kind(reading.one(), wanted, ALL.union(reading.marks), frozenset(reading.sentinels))


def _of_kind(read: Read, wanted: str, marks: frozenset[str], sentinels: frozenset[float]) -> Check:
    def check(value: Any) -> str | None:
        if read(value) is not None:
            return None
        if isinstance(value, str):
            return _of_any(value) or (None if is_mark(value.strip(), marks) or _is_one_of(value, sentinels) else wanted)
        if isinstance(value, (Real, Decimal)) and value in sentinels:
            return None
        return _of_any(value) or wanted

    return check


def _is_one_of(text: str, numbers: frozenset[float]) -> bool:
    return bool(numbers) and Reading("number").one()(text) in numbers


def _of_any(value: Any) -> str | None:
    kind = value.__class__
    if kind is int and -LARGE < value < LARGE:  # the same, without asking whether it is a Real
        return None
    if isinstance(value, str):
        if len(value) > LONGEST:
            return f"is longer than {LONGEST:,} characters"
        return (
            None if value.isascii() or _is_encodable(value) else "is no valid text: it holds half of a surrogate pair"
        )
    if isinstance(value, (bool, date)):
        return None
    if isinstance(value, (Real, Decimal)):
        return None if _is_finite(value) else "must be a finite number that fits in 64 bits"
    if isinstance(value, (list, tuple, dict, set)):
        return f"must be one value, not {'an object' if isinstance(value, dict) else 'a list'}"
    return None


def _nothing(value: Any) -> None:
    """Nested values may be anything."""


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (OverflowError, ValueError):
        return False


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
