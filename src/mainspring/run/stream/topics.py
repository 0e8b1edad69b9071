"""Topics: the bus, for people: what is on it, how far each group is, and what could not be taken."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mainspring.backends.bus.bus import Message, Place, Topic
from mainspring.backends.bus.encoding import decode, read
from mainspring.backends.bus.letters import DEAD, dead_letters_of, revived
from mainspring.backends.opening import Backends
from mainspring.errors import BadEvent, NotFound, SpecError
from mainspring.event import Event, topic_name
from mainspring.run.desk import known_automations
from mainspring.run.stream.published import catch_up, topic_of, waiting

ROW = "io.mainspring.row"
SHOWN = 10
AT_ONCE = 1000
Row = Mapping[str, Any]


class Topics:
    """The topics of the workspace's own bus."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def list(self) -> "list[dict[str, Any]]":
        """``topic``, ``events`` kept, ``lag`` (of the group that is furthest behind, None without groups), ``dead`` letters."""
        bus = self._backends.buses.own
        journaled = {topic_of(name): waiting(self._backends, name) for name in known_automations(self._backends)}
        found = bus.topics()
        states = [bus.topic(name) for name in found]
        states += [Topic(name, 0, 0, 0) for name, events in journaled.items() if events and name not in found]
        dead = {state.name: state.events for state in states if state.name.endswith(DEAD)}
        return [
            {
                "topic": state.name, "events": state.events + journaled.get(state.name, 0), "groups": len(state.groups),
                "lag": max(state.groups.values(), default=None), "dead": dead.get(dead_letters_of(state.name), 0),
            }
            for state in sorted(states, key=lambda state: state.name)
        ]  # fmt: skip

    def show(self, name: str, newest: int = SHOWN) -> dict[str, Any]:
        """One topic: ``events``, ``first`` and ``next`` offset, ``groups`` (name → lag), ``newest`` events, reasons of ``dead`` ones.

        Raises:
            NotFound: there is no such topic.
        """
        catch_up(self._backends, None, name)
        bus = self._backends.buses.own
        state = bus.topic(name)
        dead = dead_letters_of(name)
        letters = bus.read(dead, "first", AT_ONCE) if dead != name and dead in bus.topics() else []
        reasons = Counter(str(decode(letter).data.get("reason")) for letter in letters)
        last = bus.read(name, max(state.first, state.next - newest), newest)
        return {
            "topic": name, "events": state.events, "first": state.first, "next": state.next, "groups": dict(state.groups),
            "dead": dict(reasons.most_common()), "newest": [_shown(message) for message in last],
        }  # fmt: skip

    def publish(
        self, name: str, rows: Iterable[Row], *, subject: str | None = None, source: str = "", key: str = ""
    ) -> int:
        """Publish rows as events; a row that is a CloudEvent already (it has ``specversion``) is taken as such.

        ``subject`` names the column of whom a row is about. The same rows with the same ``key`` are the same events, so that
        whoever lost an answer can publish again; an empty ``key`` stands for the rows' own content.

        Raises:
            SpecError: the topic cannot be called so. BadEvent: a row is none, with its number; then none is published.
        """
        topic = _checked(name)
        seen: Counter[str] = Counter()
        events = [
            _event(row, number, (source or f"topic:{topic}", subject, key), seen) for number, row in enumerate(rows, 1)
        ]
        self._backends.buses.own.publish(topic, events)
        return len(events)

    def replay(self, name: str, group: str, start: str) -> dict[str, Any]:
        """Let a group go through the topic again from an offset (``"17"``), a time (ISO 8601), ``first`` or ``new``.

        An automation that has decided on an event already answers it as it did then: nothing acts twice.

        Raises:
            NotFound: there is no such topic or group. SpecError: ``start`` is none of these.
        """
        catch_up(self._backends, None, name)
        self._backends.buses.own.rewind(name, group, _place(start))
        return {"topic": name, "group": group, "lag": self._backends.buses.own.topic(name, [group]).groups[group]}

    def retry(self, name: str) -> dict[str, int]:
        """Publish again what lies in the topic's dead letters: ``published``, and ``lost``: what is no event, or was too large to be kept.

        What has been decided since is not decided again.

        Raises:
            NotFound: there are none.
        """
        bus, dead = self._backends.buses.own, dead_letters_of(name)
        if dead not in bus.topics():
            raise NotFound("topic", dead, bus.topics())
        published = lost = 0
        place: Place = "first"
        while letters := bus.read(dead, place, AT_ONCE):
            again: list[Event] = []
            for letter in letters:
                try:
                    again.append(revived(decode(letter)))
                except BadEvent:
                    lost += 1
            bus.publish(dead.removesuffix(DEAD), again)
            published += len(again)
            place = _beyond(letters)
        return {"published": published, "lost": lost}


def _beyond(messages: Sequence[Message]) -> dict[int, int]:
    places: dict[int, int] = {}
    for message in messages:
        places[message.partition] = max(places.get(message.partition, 0), message.offset + 1)
    return places


def _shown(message: Message) -> dict[str, Any]:
    about = {"offset": message.place, "at": message.at.isoformat()}
    try:
        event = decode(message)
    except BadEvent as error:
        return {**about, "problem": error.what}
    return {**about, "id": event.id, "type": event.type, "subject": event.subject, "data": dict(event.data)}


def _event(row: Row, number: int, about: tuple[str, str | None, str], seen: Counter[str]) -> Event:
    source, subject, key = about
    if "specversion" in row:
        try:
            return read(dict(row), datetime.now(UTC))
        except BadEvent as error:
            raise BadEvent(
                error.what, where=f"event {number}", remedy="correct it and publish all of them again"
            ) from None
    if key:
        identity = f"{key}/{number}"
    else:
        content = hashlib.sha256(
            json.dumps(row, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
        ).hexdigest()[:32]
        seen[content] += 1
        identity = content if seen[content] == 1 else f"{content}/{seen[content]}"
    told = None if subject is None else row.get(subject)
    return Event(identity, source, ROW, datetime.now(UTC), row, None if told is None else str(told))


def _place(told: str) -> Place:
    if told == "first" or told == "new":
        return told
    if told.isdigit():
        return int(told)
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise SpecError(
            f"{told!r} is no place in a topic", remedy="write an offset, a time like 2026-11-26T12:00, first or new"
        ) from None
    return at if at.tzinfo else at.astimezone()


def _checked(name: str) -> str:
    try:
        return topic_name(name)
    except ValueError as error:
        raise SpecError(str(error), where=f"topic {name!r}", remedy="choose another name") from None
