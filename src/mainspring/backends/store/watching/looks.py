"""Looks: what each look at an automation saw, and the references that versions are compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, to_text
from mainspring.backends.store.tables import LOOKS, REFERENCES, now

KEPT = 1000
"""So many looks of an automation are kept."""


@dataclass(frozen=True, slots=True)
class PastLook:
    """``seen`` is what was seen, as plain values; ``newest`` the number of the last decision that was known of then."""

    automation: str
    at: datetime
    version: int | None
    newest: int
    seen: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {"automation": self.automation, "at": self.at, "version": self.version, **self.seen}


class Looks:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, look: PastLook) -> None:
        """Keep a look; the oldest beyond ``KEPT`` are let go."""
        here = LOOKS.c.automation == look.automation
        row = {"automation": look.automation, "at": look.at, "version": look.version, "newest": look.newest}
        beyond = select(LOOKS.c.number).where(here).order_by(LOOKS.c.number.desc()).offset(KEPT).limit(1)
        with self._database.writing(f"looks:{look.automation}") as connection:
            connection.execute(LOOKS.insert(), [{**row, "seen": to_text(look.seen)}])
            if (oldest := connection.scalar(beyond)) is not None:
                connection.execute(LOOKS.delete().where(here, LOOKS.c.number <= oldest))

    def recent(self, automation: str, limit: int = 1) -> list[PastLook]:
        """Newest first."""
        query = select(LOOKS).where(LOOKS.c.automation == automation).order_by(LOOKS.c.number.desc()).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            PastLook(row["automation"], row["at"], row["version"], row["newest"], from_text(row["seen"]))
            for row in rows
        ]

    def reference(self, automation: str, version: int) -> dict[str, Any] | None:
        """What a version is compared with, as it was kept; None where nothing is kept."""
        here = (REFERENCES.c.automation == automation, REFERENCES.c.version == version)
        with self._database.reading() as connection:
            text = connection.scalar(select(REFERENCES.c.reference).where(*here))
        return None if text is None else from_text(text)

    def keep_reference(self, automation: str, version: int, reference: Mapping[str, Any]) -> None:
        """Keep what a version is compared with; the first that was kept stays."""
        row = {"automation": automation, "version": version, "made": now(), "reference": to_text(reference)}
        with self._database.writing(f"references:{automation}") as connection:
            connection.execute(self._database.insert_new(REFERENCES), [row])
