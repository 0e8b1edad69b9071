"""Pages: the journal for people who look at it: a page after another, by number, however many decisions there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from mainspring.backends.store.database import Database
from mainspring.backends.store.journal.row import decision_of, key_hash
from mainspring.backends.store.tables import DECISIONS
from mainspring.decision import Decision

LOOKED_AT = 100_000
"""So many numbers are looked through for one page at most: a rare action in a long journal takes several pages."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: decisions about ``key``, with ``action``, made from ``start`` up to ``end``; None is any."""

    key: str | None = None
    action: str | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Decisions, newest first; ``older`` is the number to ask for the next page with, None where the journal ends."""

    decisions: Sequence[Decision]
    older: int | None


class Pages:
    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, automation: str, sought: Sought, *, before: int | None = None, limit: int = 50) -> Page:
        """At most ``limit`` decisions with numbers under ``before``; of those that fit, none is passed over."""
        here = [DECISIONS.c.automation == automation]
        first, last = self._between(automation, sought)
        top = last if before is None else min(before, last)
        bottom = first if sought.key is not None else max(first, top - LOOKED_AT)
        here += [DECISIONS.c.number < top, DECISIONS.c.number >= bottom]
        if sought.key is not None:
            here.append(DECISIONS.c.key_hash == key_hash(sought.key))
        if sought.action is not None:
            here.append(DECISIONS.c.action == sought.action)
        query = select(DECISIONS).where(*here).order_by(DECISIONS.c.number.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        older = rows[-1]["number"] if len(rows) == limit else bottom
        return Page([decision_of(row) for row in rows], older if older > first else None)

    def since(self, automation: str, at: datetime) -> int:
        """The first number of the automation that was decided at or after a moment; one beyond the last where there is none.

        Numbers go with time, so halving finds it in some twenty questions however long the journal is.
        """
        low, high = self._ends(automation)
        while low < high:
            middle = (low + high) // 2
            query = (
                select(DECISIONS.c.number, DECISIONS.c.at)
                .where(DECISIONS.c.automation == automation, DECISIONS.c.number >= middle)
                .order_by(DECISIONS.c.number)
                .limit(1)
            )
            with self._database.reading() as connection:
                found = connection.execute(query).first()
            if found is not None and found[1] < at:
                low = found[0] + 1
            else:
                high = middle
        return low

    def between(self, automation: str, first: int, end: int) -> int:
        """How many decisions have numbers from ``first`` up to, but not with, ``end``; read from the index alone."""
        numbers = (DECISIONS.c.number >= first, DECISIONS.c.number < end)
        query = select(func.count()).where(DECISIONS.c.automation == automation, *numbers)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def _ends(self, automation: str) -> tuple[int, int]:
        """The first number, and one beyond the last; equal where there is no decision."""
        # Each alone is one step into the index; asked for together they are a walk through all of it.
        here = DECISIONS.c.automation == automation
        first = select(func.min(DECISIONS.c.number)).where(here)
        last = select(func.max(DECISIONS.c.number)).where(here)
        with self._database.reading() as connection:
            found, end = connection.scalar(first), connection.scalar(last)
        return (0, 0) if found is None or end is None else (found, end + 1)

    def _between(self, automation: str, sought: Sought) -> tuple[int, int]:
        first, beyond = self._ends(automation)
        if sought.start is not None:
            first = self.since(automation, sought.start)
        return first, beyond if sought.end is None else self.since(automation, sought.end)
