"""Keys: whom the gateway lets in. Of a key only its hash is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from mainspring.backends.store.audit import enter
from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, storable, to_text
from mainspring.backends.store.tables import KEY_USE, KEYS, now

EVERYWHERE = "*"
"""Stands in the audit for what concerns no single automation."""


@dataclass(frozen=True, slots=True)
class Key:
    """``hash`` is the SHA-256 of the key, in hex; ``grants`` maps automations to roles. Without ``expires`` it does not."""

    id: str
    name: str
    hash: str
    grants: Mapping[str, str]
    created: datetime
    by: str
    expires: datetime | None = None
    revoked: datetime | None = None
    rate: float | None = None
    quota: int | None = None

    def valid(self, at: datetime) -> bool:
        return self.revoked is None and (self.expires is None or at < self.expires)


class Keys:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: Key) -> None:
        row = {
            "id": key.id, "name": storable(key.name), "hash": key.hash, "grants": to_text(dict(key.grants)),
            "created": key.created, "by": storable(key.by), "expires": key.expires, "revoked": None,
            "rate": key.rate, "quota": key.quota,
        }  # fmt: skip
        facts = {"key": key.id, "name": key.name, "grants": dict(key.grants)}
        with self._database.writing() as connection:
            connection.execute(KEYS.insert(), [row])
            enter(connection, EVERYWHERE, "key made", by=key.by, facts=facts)

    def all(self) -> list[Key]:
        """Oldest first, those that are over included."""
        with self._database.reading() as connection:
            rows = connection.execute(select(KEYS).order_by(KEYS.c.created, KEYS.c.id)).mappings().all()
        return [_key(row) for row in rows]

    def revoke(self, id: str, *, by: str) -> bool:
        """Whether it was valid until now."""
        with self._database.writing() as connection:
            here = and_(KEYS.c.id == id, KEYS.c.revoked.is_(None))
            changed = connection.execute(KEYS.update().where(here).values(revoked=now())).rowcount == 1
            if changed:
                enter(connection, EVERYWHERE, "key revoked", by=by, facts={"key": id})
        return changed

    def used(self, day: str) -> dict[str, int]:
        """Caller → how many requests it has made on a day (``2026-11-26``), in all processes together."""
        with self._database.reading() as connection:
            query = select(KEY_USE.c.caller, KEY_USE.c.requests).where(KEY_USE.c.day == day)
            return {row[0]: row[1] for row in connection.execute(query)}

    def use(self, day: str, more: Mapping[str, int]) -> None:
        """Add to what callers have asked on a day."""
        with self._database.writing("use of keys") as connection:
            for caller, requests in more.items():
                here = and_(KEY_USE.c.caller == caller, KEY_USE.c.day == day)
                added = KEY_USE.update().where(here).values(requests=KEY_USE.c.requests + requests)
                if connection.execute(added).rowcount == 0:
                    connection.execute(KEY_USE.insert(), [{"caller": caller, "day": day, "requests": requests}])


def _key(row: Mapping[Any, Any]) -> Key:
    return Key(**{**row, "grants": from_text(row["grants"])})
