"""Letters: what a group could not take goes to the dead letters of its topic, with the reason, and can be sent again."""

import base64
import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime

from mainspring.backends.bus.bus import Message
from mainspring.backends.bus.encoding import decode
from mainspring.errors import BadEvent
from mainspring.event import Event

DEAD = ".dead"
RETRIED = "#retried-"
"""Stands in the source of an event that is sent again, for a bus passes over a source and id that it has."""
TYPE = "io.mainspring.deadletter"
SHOWN = 500_000
"""Of a larger body only the beginning is kept: the letter itself must fit on the bus."""


def dead_letters_of(topic: str) -> str:
    """The name of the topic where they lie."""
    return topic if topic.endswith(DEAD) else topic + DEAD


def dead_letter(message: Message, group: str, reason: str) -> Event:
    """``data``: ``topic``, ``offset``, ``group``, ``reason``, and the message's ``body`` as text, or ``base64`` where it is none.

    The same message has the same letter from the same group, so that writing it twice is writing it once.
    """
    source = f"topic:{message.topic}"
    identity = hashlib.sha256(f"{message.topic}\0{message.place}\0{group}".encode()).hexdigest()[:32]
    data = {"topic": message.topic, "offset": message.place, "group": group, "reason": reason, **_kept(message.body)}
    return Event(identity, source, TYPE, datetime.now(UTC), data)


def revived(letter: Event) -> Event:
    """The event that a dead letter is about, to be published again.

    Raises:
        BadEvent: it was too large to be kept whole, or is no event.
    """
    data = letter.data
    if data.get("cut"):
        raise BadEvent("the message was too large to be kept whole", where=f"dead letter {letter.id}")
    body = base64.b64decode(data["base64"]) if "base64" in data else str(data["body"]).encode()
    partition, _, offset = str(data["offset"]).rpartition(":")
    event = decode(Message(str(data["topic"]), int(offset), letter.time, body, partition=int(partition or 0)))
    return replace(event, source=f"{first_source(event)}{RETRIED}{uuid.uuid4().hex[:8]}")


def first_source(event: Event) -> str:
    """The source of the event as it was sent the first time."""
    return event.source.partition(RETRIED)[0]


def _kept(body: bytes) -> dict[str, object]:
    cut = {"cut": True} if len(body) > SHOWN else {}
    body = body[:SHOWN]
    try:
        return {"body": body.decode("utf-8"), **cut}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode(), **cut}
