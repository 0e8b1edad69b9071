"""Service: how decisions were served, by each process, in stretches of time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, to_text
from mainspring.backends.store.tables import SERVICE

KEPT = timedelta(days=30)


class ServiceRecords:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, automation: str, start: datetime, process: str, counts: Mapping[str, Any]) -> None:
        """Keep the counts of a stretch that began at ``start``; those older than ``KEPT`` are let go."""
        row = {"automation": automation, "start": start, "process": process, "counts": to_text(counts)}
        old = (SERVICE.c.automation == automation, SERVICE.c.start < start - KEPT)
        with self._database.writing() as connection:
            connection.execute(self._database.insert_new(SERVICE), [row])
            connection.execute(SERVICE.delete().where(*old))

    def since(self, automation: str, start: datetime) -> list[dict[str, Any]]:
        """The counts of all stretches that began then or later."""
        query = select(SERVICE.c.counts).where(SERVICE.c.automation == automation, SERVICE.c.start >= start)
        with self._database.reading() as connection:
            return [from_text(text) for text in connection.scalars(query)]
