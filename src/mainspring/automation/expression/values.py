"""Values: what the language of conditions knows of a record's values."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import isinf, isnan
from typing import Any, cast

EXACT = 2**53
"""Integers beyond this are not exact as the language's numbers."""
HIGHEST = 7.9e28
"""The language's numbers end here; what is beyond counts as this."""
DEEPEST = 50
"""What is nested deeper is as good as missing."""
KINDS = {
    "str": "a text", "bool": "true or false", "int": "a number", "float": "a number", "list": "a list", "dict": "a mapping",
    "NoneType": "missing",
}  # fmt: skip


def plain(value: Any, depth: int = 0) -> Any:
    """The value as the language knows it; missing, NaN and infinite are null."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, Mapping | list | tuple):
        return _nested(cast(Any, value), depth + 1)
    if type(value).__name__ in ("NaTType", "NAType"):
        return None
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item") and type(value).__name__ != "datetime64":
        return plain(value.item(), depth)
    return str(value)


def _number(value: float | Decimal) -> float | None:
    if isinstance(value, int):
        return value if -EXACT <= value <= EXACT else float(min(max(value, -int(HIGHEST)), int(HIGHEST)))
    if (value.is_nan() if isinstance(value, Decimal) else isnan(value)) or isinf(value):
        return None
    return min(max(float(value), -HIGHEST), HIGHEST)


def _nested(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {str(k): plain(v, depth) for k, v in cast(Mapping[Any, Any], value).items()}
    return [plain(v, depth) for v in value]


def kind(value: object) -> str:
    """What a person calls such a value."""
    return KINDS.get(type(value).__name__, "something else")


def word(value: object) -> str:
    """A plain value as one writes it in a table: ``true``, ``24``, ``Two year``."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
