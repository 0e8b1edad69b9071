"""Bus: the protocol: events go to a named topic and stay there in order; each named group goes through all of them once.

Every promise is *at least once*: what a member has not acknowledged when it ends comes to another member of its group.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from mainspring.event import Event

Place = int | datetime | Literal["first", "new"] | Mapping[int, int]
"""Where in a topic: at an offset (of every partition, or partition → offset, from the oldest where one is not named), at a time
(timezone-aware), at the oldest event kept, or behind the newest."""

LEASE = 60.0
"""Seconds that a living member may hold messages before they go to another one."""
MOST_BYTES = 32_000_000
"""A fetch ends before its messages are larger than this together, though it takes one at least."""


@dataclass(frozen=True, slots=True)
class Message:
    """An event as it lies on the bus. ``at`` is when it was taken there, ``attempt`` how often it was handed out.

    Kafka does not count attempts: there it is always 1.
    """

    topic: str
    offset: int
    at: datetime
    body: bytes = field(repr=False)
    attempt: int = 1
    partition: int = 0
    receipt: Any = field(default=None, repr=False, compare=False)
    """What the bus itself needs to acknowledge it."""

    @property
    def place(self) -> str:
        """The offset in words: ``"7"``, and ``"2:7"`` in the partition 2."""
        return f"{self.partition}:{self.offset}" if self.partition else str(self.offset)


@dataclass(frozen=True, slots=True)
class Topic:
    """``events`` are kept now, from ``first`` on; ``groups`` → how many of them each has not acknowledged."""

    name: str
    events: int
    first: int
    next: int
    groups: Mapping[str, int] = field(default_factory=dict[str, int])


class Subscription(Protocol):
    """One member of a group. Used by one thread at a time."""

    def fetch(self, limit: int, wait: float) -> list[Message]:
        """At most ``limit`` messages, oldest first, as soon as there is one; none after ``wait`` seconds without.

        Nothing is fetched ahead: who does not ask is not sent anything.

        Raises:
            BusError: the bus does not answer; asking again may help.
        """
        ...

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """These are done with, for the whole group. Those that have gone to another member meanwhile are passed over."""
        ...

    def close(self) -> None:
        """Leave the group; what was not acknowledged goes to the others."""
        ...


class Bus(Protocol):
    def publish(self, topic: str, events: Sequence[Event]) -> None:
        """Append the events in their order; when this returns they are kept.

        Raises:
            BadEvent: one is too large or cannot be written as JSON; then none is kept.
            BusError: the bus does not answer. Publishing the same again is safe: an event is known by source and id.
        """
        ...

    def subscribe(self, topic: str, group: str, *, start: Place = "first", lease: float = LEASE) -> Subscription:
        """Become a member of the group; a group that is new begins at ``start``."""
        ...

    def read(self, topic: str, start: Place, limit: int) -> list[Message]:
        """At most ``limit`` messages from there on, for a look or a replay: no group moves, nothing is acknowledged."""
        ...

    def close(self) -> None: ...


class Oversees(Protocol):
    """What people ask of a bus."""

    def topics(self) -> list[str]: ...

    def topic(self, name: str, groups: Sequence[str] = ()) -> Topic:
        """How it stands with the topic and with every group known; ``groups`` names those that the bus cannot list itself.

        Raises:
            NotFound: there is no such topic.
        """
        ...

    def rewind(self, topic: str, group: str, to: Place) -> None:
        """The group goes through the topic again from there (or skips what lies before it)."""
        ...


class OpenBus(Bus, Oversees, Protocol):
    """Both."""
