"""Sketches: summaries of what was decided, of all processes together, a row a version and stretch of time."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, select

from mainspring.backends.store.database import Database
from mainspring.backends.store.tables import SKETCHES


class Stretch(NamedTuple):
    """The ``version`` that decided (0: rules alone), from when, how many rows, and their sketches in whatever form they are kept."""

    version: int
    start: datetime
    rows: int
    sketches: bytes


class Sketches:
    def __init__(self, database: Database) -> None:
        self._database = database

    def merge(
        self, automation: str, added: Stretch, together: Callable[[bytes, bytes], bytes], oldest: datetime
    ) -> None:
        """Add to the stretch what a process saw of it: ``together`` makes one of two sketches. Those before ``oldest`` are let go."""
        here = and_(
            SKETCHES.c.automation == automation, SKETCHES.c.version == added.version, SKETCHES.c.start == added.start
        )
        with self._database.writing(f"sketches:{automation}") as connection:
            found = connection.execute(select(SKETCHES.c.rows, SKETCHES.c.sketches).where(here)).one_or_none()
            if found is None:
                row = {"automation": automation, **added._asdict()}
                connection.execute(SKETCHES.insert(), [row])
                old = and_(SKETCHES.c.automation == automation, SKETCHES.c.start < oldest)
                connection.execute(SKETCHES.delete().where(old))
                return
            made = {"rows": found[0] + added.rows, "sketches": together(found[1], added.sketches)}
            connection.execute(SKETCHES.update().where(here).values(made))

    def since(self, automation: str, start: datetime) -> Iterator[Stretch]:
        """The stretches that began then or later, oldest first."""
        query = select(SKETCHES.c.version, SKETCHES.c.start, SKETCHES.c.rows, SKETCHES.c.sketches)
        here = and_(SKETCHES.c.automation == automation, SKETCHES.c.start >= start)
        with self._database.reading() as connection:
            for row in connection.execute(query.where(here).order_by(SKETCHES.c.start)):
                yield Stretch(*row)

    def counts(self, automation: str) -> tuple[int, datetime | None]:
        """How many rows are summed up, and since when."""
        query = select(func.sum(SKETCHES.c.rows), func.min(SKETCHES.c.start)).where(SKETCHES.c.automation == automation)
        with self._database.reading() as connection:
            row = connection.execute(query).one()
        return int(row[0] or 0), row[1]
