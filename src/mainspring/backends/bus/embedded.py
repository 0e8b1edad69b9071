"""Embedded: the bus in one SQLite file (WAL), for the processes of one machine.

A publisher is answered once its events are committed; a process that is killed loses none of them. As in the database, only a
power failure can undo the last commits, and ``?synchronous=full`` rules that out too.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from mainspring.backends.bus import claims
from mainspring.backends.bus.bus import LEASE, MOST_BYTES, Message, Place, Topic
from mainspring.backends.bus.encoding import encode
from mainspring.backends.bus.members import Members
from mainspring.backends.bus.sqlite import SPAN, Row, connect, translated
from mainspring.backends.checkpoints import Checkpoints
from mainspring.errors import NotFound, SpecError
from mainspring.event import Event

KEPT_DAYS = 7.0
SWEEP = 60.0
SWEPT_AT_ONCE = 20_000
PAUSE = 0.002
LONGEST_PAUSE = 0.02
ASKED_AT_ONCE = 500


class Embedded:
    """``sqlite:///folder/bus.db``; ``?keep=30d`` says how long events stay, whoever has read them (7 days).

    Offsets begin at 0 and have no gaps. An event whose source and id are kept already is passed over.
    """

    def __init__(self, url: str) -> None:
        rest, _, query = url.partition("?")
        told = {name: values[-1] for name, values in parse_qs(query).items()}
        self._keep = _days(told.get("keep"))
        self._path = Path(rest.removeprefix("sqlite:///"))
        self._db = connect(self._path, told.get("synchronous", "normal"))
        self._lock = threading.RLock()
        self._checkpoints = Checkpoints(self._path, lambda: self._lock)
        self._members = Members(self._path)
        self._swept = 0.0

    def publish(self, topic: str, events: Sequence[Event]) -> None:
        bodies = encode(events)
        marks = [_mark(topic, event) for event in events]
        with self.writing() as db:
            at = self._topic(topic, make=True)
            known = _known(db, marks)
            latest = at["latest"]
            now = max(time.time_ns() // 1000, latest)
            fresh = {mark: body for mark, body in zip(marks, bodies, strict=True) if mark not in known}
            rows = [(at["id"] * SPAN + at["next"] + i, now, mark, body) for i, (mark, body) in enumerate(fresh.items())]
            db.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows)
            db.execute("UPDATE topics SET next = next + ?, latest = ? WHERE id = ?", (len(rows), now, at["id"]))
        if time.monotonic() - self._swept > SWEEP:
            self._swept = time.monotonic()
            self.sweep()

    def subscribe(self, topic: str, group: str, *, start: Place = "first", lease: float = LEASE) -> "Member":
        with self.writing() as db:
            at = self._topic(topic, make=True)
            place = self._offset(at, start)
            db.execute(
                "INSERT OR IGNORE INTO groups (topic, name, position) VALUES (?, ?, ?)", (at["id"], group, place)
            )
            found = db.execute("SELECT id FROM groups WHERE topic = ? AND name = ?", (at["id"], group)).fetchone()
        return Member(self, topic, at["id"], found["id"], lease)

    def read(self, topic: str, start: Place, limit: int) -> list[Message]:
        with self.reading():
            at = self._topic(topic)
            return self.messages(topic, at["id"], self._offset(at, start), at["next"] - 1, limit)

    def topics(self) -> list[str]:
        with self.reading() as db:
            return [row["name"] for row in db.execute("SELECT name FROM topics ORDER BY name")]

    def topic(self, name: str, groups: Sequence[str] = ()) -> Topic:
        with self.reading() as db:
            at = self._topic(name)
            first = self._first(at)
            behind = {group: int(at["next"] - first) for group in groups}
            behind |= {row["name"]: claims.behind(db, row, at["next"], first)
                      for row in db.execute("SELECT * FROM groups WHERE topic = ? ORDER BY name", (at["id"],))}  # fmt: skip
            return Topic(name, at["next"] - first, first, at["next"], behind)

    def rewind(self, topic: str, group: str, to: Place) -> None:
        with self.writing() as db:
            at = self._topic(topic)
            found = db.execute("SELECT id FROM groups WHERE topic = ? AND name = ?", (at["id"], group)).fetchone()
            if found is None:
                names = [row["name"] for row in db.execute("SELECT name FROM groups WHERE topic = ?", (at["id"],))]
                raise NotFound(f"group of {topic}", group, names)
            claims.move(db, found["id"], self._offset(at, to))

    def sweep(self) -> None:
        """Remove what is older than is kept, a little at a time, so that nobody waits long."""
        oldest = datetime.now(UTC) - timedelta(days=self._keep)
        for name in self.topics():
            while True:
                with self.writing() as db:
                    at = self._topic(name)
                    first = at["id"] * SPAN + self._first(at)
                    end = min(at["id"] * SPAN + self._offset(at, oldest), first + SWEPT_AT_ONCE)
                    if end <= first:
                        break
                    db.execute("DELETE FROM events WHERE place >= ? AND place < ?", (first, end))

    def close(self) -> None:
        self._checkpoints.close()
        with self._lock:
            self._members.close()
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """One transaction, all writers one after another."""
        with self._lock, translated(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        self._checkpoints.wanted()

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self._lock, translated(self._path):
            yield self._db

    def messages(self, topic: str, number: int, first: int, last: int, limit: int, attempt: int = 1) -> list[Message]:
        """Those from ``first`` to ``last``, at most ``limit`` and :data:`MOST_BYTES`. The caller holds the database."""
        low, found, size = number * SPAN, list[Message](), 0
        rows = self._db.execute(
            "SELECT place, at, body FROM events WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?",
            (low + first, low + last, limit),
        )
        for place, at, body in rows:
            size += len(body)
            if found and size > MOST_BYTES:
                break
            found.append(Message(topic, place - low, datetime.fromtimestamp(at / 1e6, UTC), body, attempt))
        return found

    def alive(self) -> Callable[[str], bool]:
        """Whether the process of a holder lives, asked once a holder."""
        return self._members.alive

    @property
    def holder(self) -> str:
        return self._members.me

    def _topic(self, name: str, *, make: bool = False) -> Row:
        found = self._db.execute("SELECT * FROM topics WHERE name = ?", (name,)).fetchone()
        if found is None and make:
            self._db.execute("INSERT INTO topics (name, next, latest) VALUES (?, 0, 0)", (name,))
            return self._topic(name)
        if found is None:
            raise NotFound("topic", name, [row["name"] for row in self._db.execute("SELECT name FROM topics")])
        return found

    def _first(self, at: Row) -> int:
        low = at["id"] * SPAN
        found = self._db.execute("SELECT min(place) FROM events WHERE place >= ? AND place < ?", (low, low + SPAN))
        place = found.fetchone()[0]
        return at["next"] if place is None else place - low

    def _offset(self, at: Row, place: Place) -> int:
        first, end = self._first(at), at["next"]
        if isinstance(place, datetime):
            return self._at_or_after(at["id"], place, first, end)
        if isinstance(place, Mapping):
            place = place.get(0, first)
        named = {"first": first, "new": end}
        return named[place] if isinstance(place, str) else min(max(place, first), end)

    def _at_or_after(self, number: int, moment: datetime, low: int, high: int) -> int:
        # Times never fall along a topic, so halving finds the place without an index.
        wanted = int(moment.timestamp() * 1e6)
        while low < high:
            middle = (low + high) // 2
            row = self._db.execute("SELECT at FROM events WHERE place = ?", (number * SPAN + middle,)).fetchone()
            if row is None or row[0] < wanted:
                low = middle + 1
            else:
                high = middle
        return low


class Member:
    """A member of a group: what it fetches is claimed in its process's name until it is acknowledged."""

    def __init__(self, bus: Embedded, topic: str, number: int, group: int, lease: float) -> None:
        self._bus, self._topic, self._number, self._group, self._lease = bus, topic, number, group, lease
        self._holder = f"{bus.holder}#{id(self):x}"

    def fetch(self, limit: int, wait: float) -> list[Message]:
        end, pause = time.monotonic() + wait, PAUSE
        while True:
            if found := self._claimed(limit):
                return found
            if time.monotonic() >= end:
                return []
            time.sleep(min(pause, max(0.0, end - time.monotonic())))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _claimed(self, limit: int) -> list[Message]:
        with self._bus.reading() as db:
            if not claims.waiting(db, self._group, self._bus.alive()):
                return []
        with self._bus.writing() as db:
            span = claims.next_span(db, self._group, self._bus.alive())
            if span is None:
                return []
            found = self._bus.messages(self._topic, self._number, span.low, span.high, limit, span.attempt)
            had = (found[0].offset, found[-1].offset) if found else None
            claims.take(db, self._group, span, had, (self._holder, self._lease))
            return found

    def acknowledge(self, messages: Sequence[Message]) -> None:
        with self._bus.writing() as db:
            claims.settle(db, self._group, self._holder, sorted(message.offset for message in messages))

    def close(self) -> None:
        with self._bus.writing() as db:
            claims.release(db, self._group, self._holder)


def _known(db: Any, marks: Sequence[bytes]) -> set[bytes]:
    known: set[bytes] = set()
    for start in range(0, len(marks), ASKED_AT_ONCE):
        part = marks[start : start + ASKED_AT_ONCE]
        asked = ",".join("?" * len(part))
        known |= {row[0] for row in db.execute(f"SELECT mark FROM events WHERE mark IN ({asked})", part)}
    return known


def _mark(topic: str, event: Event) -> bytes:
    return hashlib.blake2b(
        f"{topic}\0{event.source}\0{event.id}".encode("utf-8", "surrogatepass"), digest_size=16
    ).digest()


def _days(told: str | None) -> float:
    if told is None:
        return KEPT_DAYS
    try:
        days = float(told.removesuffix("d"))
    except ValueError:
        days = 0.0
    if days <= 0:
        raise SpecError("'keep' is no number of days", where="bus", remedy="write ?keep=30d")
    return days
