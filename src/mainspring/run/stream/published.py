"""Published: every decision is an event on the topic ``<automation>.decisions``.

The journal itself is the outbox of these events: a decision is committed with its number, and whoever publishes goes through the
numbers and remembers how far it is. So there is no decision without its event and none without its decision, whichever process is
killed when; an event that was published twice has the same id.

On the bus in the workspace's own folder they stay in the journal until somebody comes for them: written twice for nobody, they would
cost a fifth of what deciding costs.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from mainspring.backends.bus.bus import OpenBus
from mainspring.backends.bus.embedded import KEPT_DAYS
from mainspring.backends.opening import Backends
from mainspring.backends.store.decisions import Recorded
from mainspring.backends.store.json_text import from_text, storable
from mainspring.decision import Decision
from mainspring.errors import BadEvent, Busy, NotFound
from mainspring.event import Event

TYPE = "io.mainspring.decision"
AT_ONCE = 2_000
LONGEST = 63
ENDING = ".decisions"
ENDLESS = 1 << 62


def topic_of(automation: str) -> str:
    return f"{automation}{ENDING}"


def publish(backends: Backends, automation: str, hand: Sequence[Recorded] = ()) -> int:
    """Publish the decisions that are not there yet, in their order; how many. Where another process is at it, it takes these along;
    where nobody follows them, they wait.

    What is in ``hand``, recorded just now, is not read again from the journal where nothing stands before it.

    Raises:
        BusError: the bus does not answer; they stay in the journal until the next time.
    """
    return 0 if _unfollowed(backends, automation) else _publish_all(backends, automation, hand)


def catch_up(backends: Backends, bus: str | None, topic: str) -> None:
    """What waits for somebody to follow the topic comes there; for whoever is about to look at it. ``bus`` as in an address.

    What is older than the bus keeps events stays away, where nobody has followed yet.

    Raises:
        BusError: the bus does not answer.
    """
    if bus is None and backends.settings.has_own_bus and topic.endswith(ENDING):
        _publish_all(backends, topic.removesuffix(ENDING), ())


def waiting(backends: Backends, automation: str) -> int:
    """How many decisions nobody came for yet."""
    if not backends.settings.has_own_bus:
        return 0
    after = backends.cursors.get(_place(automation)) or 0
    first = max(after + 1, backends.pages.since(automation, _oldest()))
    return backends.pages.between(automation, first, ENDLESS)


def _unfollowed(backends: Backends, automation: str) -> bool:
    if not backends.settings.has_own_bus:
        return False
    try:
        return not backends.buses.own.topic(topic_of(automation)).groups
    except NotFound:
        return True


def _oldest() -> datetime:
    return datetime.now(UTC) - timedelta(days=KEPT_DAYS)


def _publish_all(backends: Backends, automation: str, hand: Sequence[Recorded]) -> int:
    published = 0
    place = _place(automation)
    try:
        with backends.database.alone(f"the events of {automation!r}"):
            after = backends.cursors.get(place) or 0
            fresh = _next_to(after, hand)
            if fresh is not None:
                _publish(backends.buses.own, topic_of(automation), [event_of(decision) for decision in fresh])
                backends.cursors.set(place, max(recorded.span[1] for recorded in hand if recorded.span))
                return len(fresh)
            while rows := backends.decisions.after(automation, after, AT_ONCE):
                if rows[0]["at"] < _oldest() and _unfollowed(backends, automation):
                    after = max(rows[0]["number"], backends.pages.since(automation, _oldest()) - 1)
                    continue
                _publish(backends.buses.own, topic_of(automation), [event_of_row(row) for row in rows])
                after = rows[-1]["number"]
                backends.cursors.set(place, after)
                published += len(rows)
    except Busy:
        return published
    return published


def _next_to(after: int, hand: Sequence[Recorded]) -> list[Decision] | None:
    """The decisions in hand, where they are all that there is from the number ``after`` on; None otherwise."""
    fresh: list[Decision] = []
    for recorded in hand:
        if recorded.span is None or recorded.span[0] != after:
            return None
        after = recorded.span[1]
        fresh += recorded.fresh
    return fresh or None


def event_of_row(row: Mapping[Any, Any]) -> Event:
    """The event of a row of the journal: what the decision says, and under ``record`` what was decided on."""
    data = {
        "decision": row["id"], "automation": row["automation"], "key": row["key"], "action": row["action"],
        "prediction": _read(row["prediction"]), "probabilities": _read(row["probabilities"]), "gain": row["gain"],
        "reasons": [reason["text"] for reason in _read(row["reasons"])], "model_version": row["model_version"],
        "policy_version": row["policy_version"], "occasion": row["occasion"], "record": _read(row["record"]),
    }  # fmt: skip
    return Event(
        row["id"], f"/v1/automations/{row['automation']}", f"{TYPE}.{row['action']}", row["at"], data, row["key"]
    )


def event_of(decision: Decision) -> Event:
    """What :func:`event_of_row` makes of the decision's row."""
    key, action = None if decision.key is None else storable(decision.key), storable(decision.action)
    data = {
        "decision": decision.id, "automation": decision.automation, "key": key, "action": action,
        "prediction": decision.prediction, "probabilities": decision.probabilities, "gain": decision.gain,
        "reasons": [reason.text for reason in decision.reasons], "model_version": decision.model_version,
        "policy_version": decision.policy_version, "occasion": storable(decision.occasion), "record": decision.record,
    }  # fmt: skip
    return Event(decision.id, f"/v1/automations/{decision.automation}", f"{TYPE}.{action}", decision.at, data, key)


def _read(text: str) -> Any:
    # Only tagged values (dates, decimals), NaN and broken text need the slower reader.
    try:
        return from_text(text) if '"$' in text else orjson.loads(text)
    except orjson.JSONDecodeError:
        return from_text(text)


def _bearable(event: Event) -> Event:
    """The event without its record, which a bus cannot take: too large, or broken text."""
    texts = {name: storable(value) if isinstance(value, str) else value for name, value in event.data.items()}
    data = {**texts, "record": None, "reasons": [storable(text) for text in event.data["reasons"]]}
    return replace(event, data=data, subject=None if event.subject is None else storable(event.subject))


def _publish(bus: OpenBus, topic: str, events: Sequence[Event]) -> None:
    try:
        bus.publish(topic, events)
    except BadEvent:
        if len(events) == 1:
            bus.publish(topic, [_bearable(events[0])])
            return
        half = len(events) // 2
        _publish(bus, topic, events[:half])
        _publish(bus, topic, events[half:])


def _place(automation: str) -> str:
    name = topic_of(automation)
    return name if len(name) <= LONGEST else hashlib.sha256(name.encode()).hexdigest()[:LONGEST]
