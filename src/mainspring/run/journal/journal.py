"""Journal: decisions for people: how many there were of late, a page of them, and what would be decided about a record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa

from mainspring.backends.opening import Backends
from mainspring.backends.store.journal.pages import Sought
from mainspring.decision import Decision
from mainspring.run.desk import Desk, bad_record
from mainspring.run.feedback.settled import worth

HOURS = 24


class Journal:
    """Every automation's decisions. Thread-safe."""

    def __init__(self, backends: Backends, desk: Callable[[str], Desk]) -> None:
        self._backends, self._desk = backends, desk
        self._hours: dict[tuple[str, datetime], int] = {}

    def pulse(self, name: str, now: datetime | None = None) -> dict[str, Any]:
        """``today`` (since midnight UTC) and the ``hours``: how many decisions in each of the last 24 hours, oldest first."""
        pages, now = self._backends.pages, now or datetime.now(UTC)
        hour = now.replace(minute=0, second=0, microsecond=0)
        edges = [hour - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
        firsts = [self._first(name, edge, past=edge < hour) for edge in edges]
        beyond = pages.since(name, datetime.max.replace(tzinfo=UTC))
        hours = [pages.between(name, first, end) for first, end in pairwise([*firsts, beyond])]
        midnight = hour.replace(hour=0)
        return {"today": sum(n for edge, n in zip(edges, hours, strict=True) if edge >= midnight), "hours": hours}

    def _first(self, name: str, edge: datetime, *, past: bool) -> int:
        # Where an hour began does not change any more once there are decisions after it.
        known = self._hours.get((name, edge))
        if known is not None:
            return known
        found = self._backends.pages.since(name, edge)
        newest = self._backends.journal.newest(name)
        if past and newest is not None and found <= newest[0]:
            if len(self._hours) > 10_000:
                self._hours.clear()
            self._hours[name, edge] = found
        return found

    def page(
        self, name: str, sought: Mapping[str, Any] | None = None, *, before: int | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """``decisions``, newest first, and ``older``: what to give as ``before`` for the next page, None at the end.

        ``sought`` may have ``key``, ``action``, ``start`` and ``end`` (datetimes). A page may have fewer than ``limit``, or none,
        and still an ``older``: only so much of the journal is looked through at a time.

        Raises:
            NotFound: there is no such automation.
        """
        desk = self._desk(name)
        told = dict(sought or {})
        if told.get("key") is not None and desk.automation.source.key in desk.automation.prepare.protect:
            key = str(desk.automation.source.key)
            told["key"] = str(desk.protector.apply_one({key: told["key"]})[key])
        found = self._backends.pages.page(name, Sought(**told), before=before, limit=limit)
        return {"decisions": [_told(decision) for decision in found.decisions], "older": found.older}

    def consider(self, name: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """What would be decided about a record as the journal has it (protected already). Nothing is kept, nobody acts.

        Raises:
            NotFound: there is no such automation. BadRecord: naming every wrong field.
        """
        desk = self._desk(name)
        if wrong := desk.wrong(record):
            raise bad_record(name, wrong)
        made = desk.decider.decide_one(record, key=None, at=datetime.now(UTC), occasion="", reasons=True)
        return _told(made)

    def worth(self, name: str, action: str, outcomes: Sequence[Mapping[str, Any]]) -> list[float | None]:
        """What a decision for ``action`` earned with each of its ``outcomes`` (as ``explain`` tells them): the money that was told, else by
        the gains that are declared now; None where neither says.

        Raises:
            NotFound: there is no such automation.
        """
        policy = self._desk(name).decider.policy
        return [worth(policy, action, one["outcome"], one["gain"]) for one in outcomes]

    def asks(self, name: str) -> list[dict[str, Any]]:
        """What a record may bring: ``field``, its ``kind`` (``number``, ``bool``, ``time`` or ``text``), whether it is ``protected``.

        Raises:
            NotFound: there is no such automation.
        """
        desk = self._desk(name)
        kinds = {column.name: _kind(column.reading.type) for column in desk.plan.columns}
        protect = desk.automation.prepare.protect
        named = [*kinds, *sorted(desk.fields - kinds.keys())]
        return [
            {"field": field, "kind": kinds.get(field, "text"), "protected": field in protect}
            for field in named
            if field in desk.fields
        ]


def _kind(read_as: pa.DataType) -> str:
    if pa.types.is_boolean(read_as):
        return "bool"
    if pa.types.is_temporal(read_as):
        return "time"
    return "number" if pa.types.is_floating(read_as) or pa.types.is_integer(read_as) else "text"


def _told(decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.id, "key": decision.key, "action": decision.action, "at": decision.at,
        "prediction": decision.prediction, "probabilities": dict(decision.probabilities), "gain": decision.gain,
        "record": dict(decision.record), "reasons": [asdict(reason) for reason in decision.reasons],
        "model_version": decision.model_version, "policy_version": decision.policy_version, **decision.coverage,
    }  # fmt: skip
