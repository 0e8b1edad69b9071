"""Rows: what windows may still ask for, in the transaction of the decisions that were made of them.

A mark stands for what is kept of the rows of one key column; all processes follow its numbers, and whoever has rows in memory reads
only what came since.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, and_, bindparam, func, select

from mainspring.backends.store.database import parts
from mainspring.backends.store.tables import DECISIONS, WINDOW_MARKS, WINDOW_ROWS, now

AT_ONCE = 5_000
_HERE = WINDOW_ROWS.c.mark == bindparam("mark")
_SINCE = (
    select(WINDOW_ROWS.c.number, WINDOW_ROWS.c.key_hash, WINDOW_ROWS.c.at, WINDOW_ROWS.c["values"])
    .where(_HERE, WINDOW_ROWS.c.number > bindparam("after"))
    .order_by(WINDOW_ROWS.c.number)
)
_NEWEST = select(func.max(WINDOW_ROWS.c.number))


class Kept(NamedTuple):
    """A row of a key, given as a hash: ``at`` in microseconds since 1970, and what is looked at: numbers, texts and nulls."""

    key: str
    at: int
    values: Sequence[float | str | None]


class WindowRows:
    """In a transaction during which nobody else decides for ``automation``."""

    def __init__(self, connection: Connection, automation: str) -> None:
        self._connection = connection
        self._automation = automation

    def begun(self, mark: str) -> bool:
        """Whether rows are kept under the mark already; from now on they are."""
        if self._connection.scalar(select(WINDOW_MARKS.c.mark).where(WINDOW_MARKS.c.mark == mark)):
            return True
        row = {"mark": mark, "automation": self._automation, "seen": now(), "number": self.newest()}
        self._connection.execute(WINDOW_MARKS.insert(), [row])
        return False

    def newest(self) -> int:
        """The greatest number of all there are."""
        return self._connection.scalar(_NEWEST) or 0

    def since(self, mark: str, number: int) -> list[Kept]:
        """What was put under the mark after a number, in order."""
        found = self._connection.execute(_SINCE, {"mark": mark, "after": number})
        return [Kept(row[1], row[2], orjson.loads(row[3])) for row in found]

    def of(self, mark: str, keys: Sequence[str]) -> Iterator[Kept]:
        """All that is kept of these keys, in the order of their times."""
        columns = (WINDOW_ROWS.c.key_hash, WINDOW_ROWS.c.at, WINDOW_ROWS.c["values"])
        for part in parts(list(keys), AT_ONCE):
            query = select(*columns).where(WINDOW_ROWS.c.mark == mark, WINDOW_ROWS.c.key_hash.in_(part))
            for row in self._connection.execute(query.order_by(WINDOW_ROWS.c.at, WINDOW_ROWS.c.number)):
                yield Kept(row[0], row[1], orjson.loads(row[2]))

    def put(self, mark: str, rows: Iterable[Kept]) -> None:
        told = [
            {"mark": mark, "key_hash": row.key, "at": row.at, "values": orjson.dumps(row.values).decode()}
            for row in rows
        ]
        if told:
            self._connection.execute(WINDOW_ROWS.insert(), told)

    def forget(self, mark: str, key: str, before: int) -> None:
        """What no window of the key reaches any more."""
        here = and_(WINDOW_ROWS.c.mark == mark, WINDOW_ROWS.c.key_hash == key, WINDOW_ROWS.c.at < before)
        self._connection.execute(WINDOW_ROWS.delete().where(here))

    def sweep(self, mark: str, before: int, since: datetime) -> None:
        """Forget the rows, of whatever key, that are from before a time and were put there before the time ``since``.

        It takes two calls, the second after ``since`` has passed the first: only then is it known which rows were there.
        """
        here = WINDOW_MARKS.c.mark == mark
        found = self._connection.execute(select(WINDOW_MARKS.c.seen, WINDOW_MARKS.c.number).where(here)).one_or_none()
        if found is None or found[0] > since:
            return
        old = and_(WINDOW_ROWS.c.mark == mark, WINDOW_ROWS.c.number <= found[1], WINDOW_ROWS.c.at < before)
        self._connection.execute(WINDOW_ROWS.delete().where(old))
        self._connection.execute(WINDOW_MARKS.update().where(here).values(seen=now(), number=self.newest()))

    def decided(self, since: datetime) -> Iterator[Mapping[Any, Any]]:
        """The journal's rows from a time on, in order: ``number``, ``at``, and the record as JSON text."""
        after = 0
        columns = (DECISIONS.c.number, DECISIONS.c.at, DECISIONS.c.record, DECISIONS.c.reasons)
        here = and_(DECISIONS.c.automation == self._automation, DECISIONS.c.at >= since)
        while rows := self._connection.execute(
            select(*columns).where(here, DECISIONS.c.number > after).order_by(DECISIONS.c.number).limit(AT_ONCE)
        ).mappings().all():  # fmt: skip
            yield from rows
            after = rows[-1]["number"]
