"""Canonical: the one JSON text of values, by which the same are known again after years."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import orjson


def canonical(values: Any, *, simple: bool) -> bytes:
    """Lists and tuples of values as JSON without blanks, in UTF-8; times in ISO 8601, of UTC where they say nothing else; unknown kinds
    as ``str``. ``simple``: all in it are (:func:`are_simple`), which is told ten times as fast and in the same words.
    """
    if simple:
        try:
            return orjson.dumps(values)
        except orjson.JSONEncodeError:  # a lone surrogate, a whole number beyond 64 bits
            pass
    return _ENCODER.encode(values).encode("utf-8", "surrogatepass")


def are_simple(values: Iterable[Any]) -> bool:
    """Whether orjson writes these to the same text as Python's own ``json``: it writes numbers with an exponent otherwise."""
    kinds = set(map(type, values))
    if not kinds <= _SIMPLE:
        return False
    if float in kinds:
        for number in values:
            if type(number) is float and not 1e-4 <= abs(number) < 1e16 and number != 0.0:
                return False
    return True


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


_SIMPLE = {str, int, bool, float, type(None)}
_ENCODER = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":"))
