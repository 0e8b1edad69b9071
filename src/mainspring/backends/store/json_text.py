"""JSON text in which values come back as they went: dates, times and decimals are written as one-member objects."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast

import orjson

from mainspring.canonical import are_simple

_READERS = {
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$decimal": Decimal,
    "$bytes": bytes.fromhex,
}


def to_text(value: Any) -> str:
    """ASCII only, so that no database stumbles over a lone surrogate or a NUL. Unknown kinds are written as ``str``."""
    if type(value) is str or (type(value) is dict and are_simple(cast(dict[Any, Any], value).values())):
        try:
            written = orjson.dumps(value)
        except orjson.JSONEncodeError:  # a lone surrogate, a whole number beyond 64 bits, a key that is no text
            return _ENCODER.encode(value)
        if written.isascii() and b"\x7f" not in written:
            return written.decode()
    return _ENCODER.encode(value)


def to_readable_text(value: Any) -> str:
    """What :func:`from_text` reads as it does :func:`to_text`'s, faster, and not the same text: for what nobody hashes or compares."""
    try:
        written = orjson.dumps(value, _tagged, _PASSED_ON)
    except (orjson.JSONEncodeError, UnicodeError):
        return _ENCODER.encode(value)
    # It writes NaN and infinity as null.
    return _ENCODER.encode(value) if b"null" in written else written.decode()


def from_text(text: str) -> Any:
    return json.loads(text, object_hook=_untagged)


def _tagged(value: object) -> object:
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, time):
        return {"$time": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, Mapping):
        return dict(value)
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)


def _untagged(plain: dict[str, Any]) -> Any:
    if len(plain) == 1:
        tag, value = next(iter(plain.items()))
        if (reader := _READERS.get(tag)) and isinstance(value, str):
            try:
                return reader(value)
            except (ValueError, ArithmeticError):
                return plain
    return plain


def storable(text: str) -> str:
    """The text with the two things that databases refuse written out: lone surrogates and NUL."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


_PASSED_ON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_ENCODER = json.JSONEncoder(default=_tagged, separators=(",", ":"))
