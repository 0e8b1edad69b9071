"""Event: a row in motion, in the shape of CloudEvents 1.0, and the topics where events lie."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
TOPIC = "topic:"
ELSEWHERE = ("nats", "tls", "kafka")
LONGEST = 200
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvents 1.0 record. ``id`` is unique within ``source``; delivering it twice is the same event.

    ``subject`` is whom it is about (a customer's key), ``time`` is timezone-aware UTC. ``trace`` is its place in a trace, a W3C
    ``traceparent`` (CloudEvents' extension for distributed tracing).
    """

    id: str
    source: str
    type: str
    time: datetime
    data: Mapping[str, Any]
    subject: str | None = None
    trace: str | None = None

    def structured(self) -> dict[str, Any]:
        """The structured JSON form of the specification, ready for an encoder."""
        attributes: dict[str, Any] = {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
            "data": dict(self.data),
        }
        if self.subject is not None:
            attributes["subject"] = self.subject
        if self.trace is not None:
            attributes["traceparent"] = self.trace
        return attributes


@dataclass(frozen=True, slots=True)
class TopicAddress:
    """A topic, and the URL of its bus; None for the workspace's own."""

    topic: str
    bus: str | None = None


def is_topic(address: str | None) -> bool:
    """Whether the address is one of events."""
    return address is not None and (address.startswith(TOPIC) or address.partition("://")[0] in ELSEWHERE)


def topic_address(address: str) -> TopicAddress:
    """The topic behind an address.

    Raises:
        ValueError: it names none, or one that not every bus could have.

    >>> topic_address("kafka://broker:9092/orders.new?partitions=6")
    TopicAddress(topic='orders.new', bus='kafka://broker:9092?partitions=6')
    """
    if address.startswith(TOPIC):
        return TopicAddress(topic_name(address.removeprefix(TOPIC)))
    scheme, _, rest = address.partition("://")
    place, question, options = rest.partition("?")
    hosts, _, name = place.partition("/")
    if not hosts or not name:
        raise ValueError(f"write {scheme}://host:port/topic")
    return TopicAddress(topic_name(name), f"{scheme}://{hosts}{question}{options}")


def addressed(told: str) -> str:
    """The address of a topic that is told by its address, or by its bare name on the workspace's own bus."""
    return told if is_topic(told) else f"{TOPIC}{told}"


def topic_name(name: str) -> str:
    """The name itself, when every bus can have it.

    Raises:
        ValueError: it cannot.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise ValueError(
            f"a topic has letters, digits, '_' and '-', with single dots between; at most {LONGEST} of them"
        )
    return name
