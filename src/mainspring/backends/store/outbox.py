"""Outbox: actions that are to be carried out, kept until the receiver has taken them or they are given up.

An action is *waiting* for its turn, being *delivered* under a lease, *done*, or *dead*. A deliverer that is killed lets
its lease run out, and the action comes back. How long to pause between tries is the caller's to say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, func, select

from mainspring.backends.store.database import Database, insert, moments, parts
from mainspring.backends.store.json_text import from_text, storable, to_readable_text, to_text
from mainspring.backends.store.tables import OUTBOX, now
from mainspring.errors import NotFound
from mainspring.event import Event

State = Literal["waiting", "delivering", "done", "dead"]
COLUMNS = ("id", "automation", "name", "act", "event", "state", "attempts", "created", "next_try", "changed", "error")
LEASE = timedelta(minutes=5)
LATE = datetime.max.replace(year=9000)


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done: the ``event`` to carry to where ``act`` (an Act of the declaration as plain JSON values) says.

    ``event.id`` is the idempotency key; for a decision's action it is the decision's id.
    """

    event: Event
    name: str
    act: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """An action in the outbox. ``attempts`` counts deliveries begun; ``error`` is what the last one met, or empty."""

    id: str
    automation: str
    action: Action
    state: State
    attempts: int
    created: datetime
    next_try: datetime
    changed: datetime
    error: str

    def to_dict(self) -> dict[str, Any]:
        """The entry for people: without the event's data."""
        return {
            "id": self.id,
            "automation": self.automation,
            "action": self.action.name,
            "subject": self.action.event.subject,
            "state": self.state,
            "attempts": self.attempts,
            "created": self.created,
            "next_try": self.next_try if self.state == "waiting" else None,
            "error": self.error or None,
        }


class Outbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, limit: int, at: datetime | None = None, *, lease: timedelta = LEASE) -> list[Entry]:
        """At most ``limit`` actions whose turn it is, longest waiting first; nobody else gets them while the lease lasts.

        ``lease`` must be longer than a delivery can take.
        """
        at = at or now()
        due = (
            select(OUTBOX)
            .where(OUTBOX.c.state.in_(("waiting", "delivering")), OUTBOX.c.next_try <= at)
            .order_by(OUTBOX.c.next_try, OUTBOX.c.created)
            .limit(limit)
        )
        if not self._any(due):
            return []
        with self._database.writing() as connection:
            rows = connection.execute(due.with_for_update(skip_locked=True)).mappings().all()
            taken = {"state": "delivering", "next_try": at + lease, "changed": at}
            for part in parts([row["id"] for row in rows]):
                change = OUTBOX.update().where(OUTBOX.c.id.in_(part))
                connection.execute(change.values(attempts=OUTBOX.c.attempts + 1, **taken))
        return [_entry({**row, **taken, "attempts": row["attempts"] + 1}) for row in rows]

    def done(self, ids: Sequence[str]) -> None:
        """Receivers took these. That is final, whatever else is said of them before or after."""
        for part in parts(ids):
            self._move([OUTBOX.c.id.in_(part)], {"state": "done", "next_try": LATE, "error": ""})

    def again(self, id: str, next_try: datetime, error: str) -> None:
        """It was not taken; try again at ``next_try``."""
        self._move(_in_delivery(id), {"state": "waiting", "next_try": next_try, "error": storable(error)})

    def dead(self, id: str, error: str) -> None:
        """It will not be taken; give it up until someone says :meth:`retry`."""
        self._move(_in_delivery(id), {"state": "dead", "next_try": LATE, "error": storable(error)})

    def retry(self, ids: Iterable[str] | None = None) -> int:
        """Give dead actions (all, or those named) their turn again, with all their tries. Returns how many.

        Raises:
            NotFound: one of ``ids`` is no dead action; then none is revived.
        """
        revived = {"state": "waiting", "attempts": 0, "next_try": now(), "changed": now()}
        change = OUTBOX.update().where(OUTBOX.c.state == "dead").values(revived)
        with self._database.writing("outbox") as connection:
            if ids is None:
                return connection.execute(change).rowcount
            wanted = list(dict.fromkeys(ids))
            dead = set(connection.scalars(select(OUTBOX.c.id).where(OUTBOX.c.state == "dead")))
            for missing in (id for id in wanted if id not in dead):
                raise NotFound("dead action", missing, dead)
            return sum(connection.execute(change.where(OUTBOX.c.id.in_(part))).rowcount for part in parts(wanted))

    def list(self, automation: str | None = None, *, state: State | None = None, limit: int = 1000) -> "list[Entry]":
        """Newest first."""
        query = select(OUTBOX).order_by(OUTBOX.c.created.desc()).limit(limit)
        if automation is not None:
            query = query.where(OUTBOX.c.automation == automation)
        if state is not None:
            query = query.where(OUTBOX.c.state == state)
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def counts(self, automation: str | None = None) -> dict[str, int]:
        """How many actions are in each state that has any."""
        query = select(OUTBOX.c.state, func.count()).group_by(OUTBOX.c.state)
        if automation is not None:
            query = query.where(OUTBOX.c.automation == automation)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def next_try(self) -> datetime | None:
        """When the next action is due (a lease runs out, or a pause is over), or None when nothing is to come."""
        query = select(func.min(OUTBOX.c.next_try)).where(OUTBOX.c.state.in_(("waiting", "delivering")))
        with self._database.reading() as connection:
            return connection.scalar(query)

    def _any(self, query: Any) -> bool:
        # Asked of a reader first: an idle deliverer must not keep those who decide from writing.
        with self._database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def _move(self, where: "Sequence[ColumnElement[bool]]", values: Mapping[str, Any]) -> None:
        with self._database.writing() as connection:
            connection.execute(OUTBOX.update().where(*where).values(changed=now(), **values))


def put(connection: Connection, automation: str, actions: Iterable[Action]) -> None:
    """Add actions in the caller's transaction; their turn is now."""
    at = moments(connection)(now())
    actions, acts, rows = list(actions), dict[int, str](), list[tuple[Any, ...]]()
    for action in actions:  # most share one act
        act = acts.get(id(action.act)) or acts.setdefault(id(action.act), to_text(action.act))
        event = to_readable_text(_plain(action.event))
        rows.append((action.event.id, automation, action.name, act, event, "waiting", 0, at, at, at, ""))
    if rows:
        insert(connection, OUTBOX, COLUMNS, rows)


def _in_delivery(id: str) -> list[ColumnElement[bool]]:
    return [OUTBOX.c.id == id, OUTBOX.c.state == "delivering"]


def _plain(event: Event) -> dict[str, Any]:
    plain = {name: getattr(event, name) for name in ("id", "source", "type", "time", "data", "subject")}
    # Where there is none, earlier versions, which know no traces, can still read it.
    return plain if event.trace is None else {**plain, "trace": event.trace}


def _entry(row: Mapping[Any, Any]) -> Entry:
    action = Action(Event(**from_text(row["event"])), row["name"], from_text(row["act"]))
    plain = {name: row[name] for name in ("id", "automation", "state", "attempts", "created", "next_try", "changed")}
    return Entry(action=action, error=row["error"], **plain)
