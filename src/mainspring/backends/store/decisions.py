"""Decisions: the journal. A decision, its action and the capacity it uses are one transaction."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Select, and_, func, select

from mainspring.backends.store.challenge.challenges import count_failures, put_shadows
from mainspring.backends.store.database import Database, asked, insert, moments, parts
from mainspring.backends.store.journal.row import decision_of, key_hash
from mainspring.backends.store.journal.row import put as put_decisions
from mainspring.backends.store.json_text import from_text
from mainspring.backends.store.lake import Lake
from mainspring.backends.store.outbox import Action, put
from mainspring.backends.store.tables import CAPACITY, DECISIONS
from mainspring.backends.store.windows.rows import WindowRows
from mainspring.decision import Decision

ARCHIVE_ROWS = 50_000
ARCHIVED = "archive of decisions"
"""Under this name the lake remembers up to which number the decisions of a table are archived."""
PERIOD = "automation = ? AND period_start = ?"
"""Of the capacity's rows, that of one period."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the decisions asked for, in their order: a repeated one is answered as it was the first time.

    ``fresh`` are those that were not known before, as they stand in the journal one after another. ``span`` are the journal's newest
    numbers of the automation before and after them, where they were asked for.
    """

    decisions: tuple[Decision, ...] = ()
    fresh: tuple[Decision, ...] = ()
    span: tuple[int, int] | None = None

    @property
    def new(self) -> frozenset[str]:
        """The ids of the fresh ones."""
        return frozenset(decision.id for decision in self.fresh)


class Recording:
    """An open transaction on the decisions of one automation; all others wait. Made by :meth:`Decisions.transaction`."""

    def __init__(self, connection: Connection, automation: str) -> None:
        self._connection = connection
        self._automation = automation
        self._looked_up: dict[str, Decision | None] = {}

    def known(self, ids: Iterable[str]) -> dict[str, Decision]:
        """Those of the decisions that were recorded before, by id."""
        each = list(dict.fromkeys(ids))
        unseen = [id for id in each if id not in self._looked_up]
        self._looked_up |= {**dict.fromkeys(unseen), **_find(self._connection, unseen)}
        return {id: found for id in each if (found := self._looked_up[id])}

    def reserve(self, period_start: datetime, wanted: int, limit: int) -> int:
        """Take up to ``wanted`` of what is left of ``limit`` in the period, and say how many were granted."""
        period = self._period(period_start)
        used = self._used(period)
        granted = max(0, min(wanted, limit - (used or 0)))
        if used is None:
            insert(self._connection, CAPACITY, ("automation", "period_start", "used"), [(*period, granted)])
        elif granted:
            asked(self._connection, f"UPDATE {CAPACITY.name} SET used = ? WHERE {PERIOD}", (used + granted, *period))
        return granted

    def left(self, period_start: datetime, limit: int) -> int:
        """What is left of ``limit`` in the period."""
        return max(0, limit - (self._used(self._period(period_start)) or 0))

    def _period(self, start: datetime) -> tuple[str, Any]:
        """The values of :data:`PERIOD`."""
        return self._automation, moments(self._connection)(start)

    def _used(self, period: tuple[str, Any]) -> int | None:
        found = asked(self._connection, f"SELECT used FROM {CAPACITY.name} WHERE {PERIOD}", period)
        return found[0][0] if found else None

    def newest(self) -> int:
        """The journal's newest number of the automation, 0 without a decision."""
        newest = f"SELECT max(number) FROM {DECISIONS.name} WHERE automation = ?"
        return asked(self._connection, newest, (self._automation,))[0][0] or 0

    def record(self, decisions: Sequence[Decision], actions: Iterable[Action] = (), *, span: bool = False) -> Recorded:
        """Write the decisions that are new, and of ``actions`` those that belong to them (by ``event.id``)."""
        before = self.newest() if span else 0
        stored = self.known(decision.id for decision in decisions)
        new = {decision.id: decision for decision in reversed(decisions) if decision.id not in stored}
        fresh = list(reversed(new.values()))
        if fresh:
            put_decisions(self._connection, fresh)
            # A record that stands twice in one request is one decision, and its action is one action.
            wanted = {action.event.id: action for action in actions if action.event.id in new}
            put(self._connection, self._automation, wanted.values())
            self._looked_up |= new
        answers = {**stored, **new}
        told = tuple(answers[decision.id] for decision in decisions)
        return Recorded(told, tuple(fresh), (before, self.newest()) if span else None)

    def beside(self, challenge: int, shadows: Sequence[tuple[str, Decision]], failures: int) -> None:
        """Journal what a challenger would have decided, each beside the id of a decision that is new, and how often it could not."""
        put_shadows(self._connection, challenge, shadows)
        if failures:
            count_failures(self._connection, challenge, failures)

    def window_rows(self) -> WindowRows:
        """What windows may still ask for of earlier rows."""
        return WindowRows(self._connection, self._automation)


class Decisions:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._counting = threading.Lock()
        self._counted: dict[str, tuple[int, Counter[str]]] = {}

    @contextmanager
    def transaction(self, automation: str) -> Iterator[Recording]:
        """Reserve and record together: everything in the block is kept, or nothing when it raises or the process dies."""
        with self._database.writing(f"decisions:{automation}") as connection:
            yield Recording(connection, automation)

    def record(self, automation: str, decisions: Sequence[Decision], actions: Iterable[Action] = ()) -> Recorded:
        with self.transaction(automation) as recording:
            return recording.record(decisions, actions)

    def find(self, id: str) -> Decision | None:
        with self._database.reading() as connection:
            return _find(connection, [id]).get(id)

    def find_all(self, ids: Sequence[str]) -> dict[str, Decision]:
        """Those there are, by id."""
        with self._database.reading() as connection:
            return _find(connection, ids)

    def latest(self, automation: str, keys: Iterable[str]) -> dict[str, str]:
        """Key → id of the newest decision about it; keys without a decision are left out."""
        with self._database.reading() as connection:
            return {key: made[-1][1] for key, made in about(connection, automation, list(keys)).items()}

    def recent(
        self, automation: str, limit: int = 100, *, key: str | None = None, action: str | None = None,
        since: datetime | None = None,
    ) -> list[Decision]:  # fmt: skip
        """Newest first; only those about ``key``, with ``action``, or made at or after ``since``."""
        query = select(DECISIONS).where(DECISIONS.c.automation == automation)
        if key is not None:
            query = query.where(DECISIONS.c.key_hash == key_hash(key))
        if action is not None:
            query = query.where(DECISIONS.c.action == action)
        if since is not None:
            query = query.where(DECISIONS.c.at >= since)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(DECISIONS.c.number.desc()).limit(limit)).mappings()
            return [decision_of(row) for row in rows]

    def after(self, automation: str, number: int, limit: int) -> Sequence[Mapping[Any, Any]]:
        """The journal's own rows beyond a number, in order: the record, prediction, probabilities and reasons as JSON text."""
        query = select(DECISIONS).where(DECISIONS.c.automation == automation, DECISIONS.c.number > number)
        with self._database.reading() as connection:
            return connection.execute(query.order_by(DECISIONS.c.number).limit(limit)).mappings().all()

    def page(
        self, automation: str, limit: int, *, before: int | None = None, key: str | None = None, action: str | None = None
    ) -> list[tuple[int, Decision]]:  # fmt: skip
        """Newest first, with the journal's numbers; only those with a smaller number, about ``key``, with ``action``."""
        query = select(DECISIONS).where(DECISIONS.c.automation == automation)
        if before is not None:
            query = query.where(DECISIONS.c.number < before)
        if key is not None:
            query = query.where(DECISIONS.c.key_hash == key_hash(key))
        if action is not None:
            query = query.where(DECISIONS.c.action == action)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(DECISIONS.c.number.desc()).limit(limit)).mappings()
            return [(row["number"], decision_of(row)) for row in rows]

    def counts(self, automation: str) -> dict[str, int]:
        """Action → how many decisions chose it. Only what came since it was last asked here is counted."""
        with self._counting:
            upto, known = self._counted.get(automation, (0, Counter[str]()))
            here = (DECISIONS.c.automation == automation, DECISIONS.c.number > upto)
            counts = select(DECISIONS.c.action, func.count(), func.max(DECISIONS.c.number)).where(*here)
            with self._database.reading() as connection:
                rows = connection.execute(counts.group_by(DECISIONS.c.action)).all()
            known = known + Counter({row[0]: row[1] for row in rows})
            # Numbers of one automation become visible in their order: its transactions follow one another.
            self._counted[automation] = (max([upto, *(row[2] for row in rows)]), known)
            return dict(known)

    def used(self, automation: str, period_start: datetime) -> int:
        """How much of the period's capacity is used."""
        here = and_(CAPACITY.c.automation == automation, CAPACITY.c.period_start == period_start)
        with self._database.reading() as connection:
            return connection.scalar(select(CAPACITY.c.used).where(here)) or 0

    def archive(self, automation: str, lake: Lake) -> int:
        """Add the decisions not yet there to the lake's table ``<automation>.decisions``, and say how many.

        Each is added once, whenever a process is killed: the table itself, in the same commit as the rows, remembers the
        number of the last decision it holds.

        Raises:
            Busy: another process is archiving these.
        """
        table = f"{automation}.decisions"
        archived = 0
        with self._database.alone(f"the archive of {table}"):
            after = lake.written(table, ARCHIVED) or 0
            while rows := self.after(automation, after, ARCHIVE_ROWS):
                after = rows[-1]["number"]
                lake.write(table, _archive_table(rows), once=(ARCHIVED, after))
                archived += len(rows)
        return archived


def about(connection: Connection, automation: str, keys: Sequence[str]) -> dict[str, list[tuple[datetime, str]]]:
    """Key → moment and id of each decision about it, oldest first, in the caller's transaction."""
    by_hash = {key_hash(key): key for key in keys}
    found: dict[str, list[tuple[datetime, str]]] = {}
    for part in parts(list(by_hash)):
        here = and_(DECISIONS.c.automation == automation, DECISIONS.c.key_hash.in_(part))
        query = select(DECISIONS.c.key_hash, DECISIONS.c.at, DECISIONS.c.id).where(here).order_by(DECISIONS.c.number)
        for row in connection.execute(query):
            found.setdefault(by_hash[row[0]], []).append((row[1], row[2]))
    return found


def _find(connection: Connection, ids: Sequence[str]) -> dict[str, Decision]:
    query: Select[Any] = select(DECISIONS)
    there = [id for part in parts(ids) for id in _there(connection, part)]
    rows = (
        row for part in parts(there) for row in connection.execute(query.where(DECISIONS.c.id.in_(part))).mappings()
    )
    return {row["id"]: decision_of(row) for row in rows}


def _there(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Those of the ids that there are: mostly none."""
    there = f"SELECT id FROM {DECISIONS.name} WHERE id IN ({', '.join('?' * len(ids))})"
    return [id for (id,) in asked(connection, there, ids)]


def _archive_table(rows: Sequence[Mapping[Any, Any]]) -> pa.Table:
    plain = [{**row, "prediction": _told(from_text(row["prediction"]))} for row in rows]
    return pa.Table.from_pylist(plain, schema=ARCHIVE)


def _told(prediction: object) -> str | None:
    return None if prediction is None else str(prediction)


ARCHIVE = pa.schema(
    [
        ("number", pa.int64()), ("id", pa.string()), ("key", pa.string()), ("action", pa.string()),
        ("at", pa.timestamp("us", "UTC")), ("prediction", pa.string()), ("probabilities", pa.string()),
        ("gain", pa.float64()), ("model_version", pa.int64()), ("policy_version", pa.string()),
        ("occasion", pa.string()), ("reasons", pa.string()), ("record", pa.string()),
        ("receipt", pa.string()), ("propensity", pa.float64()), ("coverage", pa.string()),
    ]
)  # fmt: skip
"""The columns of ``<automation>.decisions``; probabilities, reasons, record, receipt and coverage are JSON."""
