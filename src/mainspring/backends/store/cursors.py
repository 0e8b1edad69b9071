"""Cursors: how far the rows of a source have been collected."""

from typing import Any

from sqlalchemy import select

from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, to_text
from mainspring.backends.store.tables import CURSORS, now


class Cursors:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, automation: str) -> Any | None:
        """The highest value of the source's ``since`` column collected so far (number, text, date, time or decimal), or None."""
        query = select(CURSORS.c.value).where(CURSORS.c.automation == automation)
        with self._database.reading() as connection:
            text = connection.scalar(query)
        return None if text is None else from_text(text)

    def set(self, automation: str, value: Any) -> None:
        row = {"value": to_text(value), "changed": now()}
        with self._database.writing(f"cursor:{automation}") as connection:
            if not connection.execute(CURSORS.update().where(CURSORS.c.automation == automation), row).rowcount:
                connection.execute(CURSORS.insert(), [{"automation": automation, **row}])

    def forget(self, automation: str) -> None:
        """Collect everything again next time."""
        with self._database.writing(f"cursor:{automation}") as connection:
            connection.execute(CURSORS.delete().where(CURSORS.c.automation == automation))
