"""Encode: an event as the bytes of its structured JSON form."""

import orjson

from mainspring.errors import ActRefused
from mainspring.event import Event


def encode(event: Event) -> bytes:
    """UTF-8 JSON on one line. NaN and infinity become null; what JSON does not know (decimals, paths) becomes text.

    Raises:
        ActRefused: a value cannot be written as JSON at all (half a character, a whole number beyond 64 bits).
    """
    try:
        return orjson.dumps(
            event.structured(), default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
        )
    except orjson.JSONEncodeError:
        # The library's own message may quote the value, which may be one that is not to be shown.
        raise ActRefused(
            "the action holds a value that JSON cannot express", where=f"event {event.id}",
            remedy="look for broken text or whole numbers beyond 64 bits in the record",
        ) from None  # fmt: skip
