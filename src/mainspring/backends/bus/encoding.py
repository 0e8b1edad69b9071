"""Encoding: events as the bodies of messages: CloudEvents 1.0 in structured JSON, or plain JSON rows of strangers."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson

from mainspring.backends.bus.bus import Message
from mainspring.errors import BadEvent
from mainspring.event import SPEC_VERSION, Event

LARGEST = 1_000_000
"""Bytes of one event: what NATS and Kafka take without being told otherwise."""
_TEXTS = ("id", "source", "type")
_TRACE = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def encode(events: Sequence[Event]) -> list[bytes]:
    """A body an event.

    Raises:
        BadEvent: one is too large, or holds what JSON cannot express.
    """
    return [_encoded(event) for event in events]


def _encoded(event: Event) -> bytes:
    try:
        body = orjson.dumps(event.structured(), default=str, option=_OPTIONS)
    except orjson.JSONEncodeError:
        raise BadEvent("it holds a value that JSON cannot express", where=f"event {event.id}") from None
    if len(body) > LARGEST:
        raise BadEvent(f"it has {len(body):,} bytes, at most {LARGEST:,} are taken", where=f"event {event.id}")
    return body


def decode(message: Message) -> Event:
    """The event of a message.

    An object without ``specversion`` is a stranger's row: it becomes the data of an event whose id is its place in the topic.

    Raises:
        BadEvent: it is no JSON object, or a CloudEvent without what makes one. No value is quoted.
    """
    if len(message.body) > LARGEST:
        raise BadEvent(f"it has {len(message.body):,} bytes, at most {LARGEST:,} are taken")
    try:
        plain = orjson.loads(message.body)
    except orjson.JSONDecodeError:
        raise BadEvent("it is not JSON in UTF-8") from None
    if not isinstance(plain, dict):
        raise BadEvent("it is JSON, but not an object")
    if "specversion" in plain:
        return read(cast(dict[str, Any], plain), message.at)
    return Event(message.place, f"topic:{message.topic}", "io.mainspring.row", message.at, cast(dict[str, Any], plain))


def read(plain: dict[str, Any], otherwise: datetime) -> Event:
    """The event that is written so; ``otherwise`` is its time where it says none.

    Raises:
        BadEvent: an attribute that CloudEvents 1.0 requires is missing or of the wrong kind, or the data is no object.
    """
    if plain["specversion"] != SPEC_VERSION:
        raise BadEvent(f"its specversion is not {SPEC_VERSION}")
    for name in _TEXTS:
        if not isinstance(plain.get(name), str) or not plain[name]:
            raise BadEvent(f"{name!r} must be a text that is not empty")
    subject, data = plain.get("subject"), plain.get("data")
    if subject is not None and not isinstance(subject, str):
        raise BadEvent("'subject' must be a text")
    if not isinstance(data, dict):
        raise BadEvent("'data' must be an object: column → value")
    at = _time(plain["time"]) if plain.get("time") is not None else otherwise
    return Event(plain["id"], plain["source"], plain["type"], at, cast(dict[str, Any], data), subject, _trace(plain))


def _trace(plain: dict[str, Any]) -> str | None:
    """A trace that cannot be gone on with spoils no event; what is no trace may be anything, and goes nowhere."""
    told = plain.get("traceparent")
    return told if isinstance(told, str) and _TRACE.fullmatch(told) else None


def _time(told: object) -> datetime:
    try:
        at = datetime.fromisoformat(cast(str, told))
        if at.tzinfo is UTC:
            return at
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise BadEvent("'time' must be a time as RFC 3339 writes it") from None
