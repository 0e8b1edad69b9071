"""Audit: who changed what, when and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, storable, to_text
from mainspring.backends.store.tables import AUDIT, now


class Audit:
    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, automation: str, what: str, *, by: str, facts: Mapping[str, Any] | None = None) -> None:
        with self._database.writing() as connection:
            enter(connection, automation, what, by=by, facts=facts or {})

    def recent(self, automation: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """``at``, ``by``, ``what``, ``automation``, ``facts``; newest first."""
        query = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
        if automation is not None:
            query = query.where(AUDIT.c.automation == automation)
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def saying(self, whats: Sequence[str]) -> list[dict[str, Any]]:
        """Every entry that says one of these, oldest first."""
        query = select(AUDIT).where(AUDIT.c.what.in_(whats)).order_by(AUDIT.c.number)
        with self._database.reading() as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]


def _entry(row: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {name: row[name] for name in ("at", "by", "what", "automation")}
    return {**plain, "facts": from_text(row["facts"])}


def enter(connection: Connection, automation: str, what: str, *, by: str, facts: Mapping[str, Any]) -> None:
    """Write the entry in the transaction of the change itself, so that there is neither one without the other."""
    entry = {"at": now(), "by": storable(by), "what": what, "automation": automation, "facts": to_text(facts)}
    connection.execute(AUDIT.insert(), [entry])
