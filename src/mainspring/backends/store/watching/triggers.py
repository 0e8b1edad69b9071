"""Triggers: when each automation was last asked whether it is time to learn anew, and what came of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, storable, to_text
from mainspring.backends.store.tables import TRIGGERS

State = Literal["idle", "due"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """``checked`` is when it was last asked, ``fired`` when it last was time. It is ``due`` from then on until the learning has ended; what
    failed for a while is tried ``again`` then, and was tried so often. ``marks`` is what is counted from: numbers and offsets, by name."""

    automation: str
    checked: datetime
    fired: datetime | None = None
    state: State = "idle"
    again: datetime | None = None
    tries: int = 0
    why: str = ""
    marks: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Triggers:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, automation: str) -> Trigger | None:
        """None where it was never asked."""
        with self._database.reading() as connection:
            row = connection.execute(select(TRIGGERS).where(TRIGGERS.c.automation == automation)).mappings().first()
        return None if row is None else Trigger(**{**row, "marks": from_text(row["marks"])})

    def put(self, trigger: Trigger) -> None:
        row = {**asdict(trigger), "why": storable(trigger.why), "marks": to_text(trigger.marks)}
        here = TRIGGERS.c.automation == trigger.automation
        with self._database.writing(f"triggers:{trigger.automation}") as connection:
            if not connection.execute(TRIGGERS.update().where(here), row).rowcount:
                connection.execute(TRIGGERS.insert(), [row])
