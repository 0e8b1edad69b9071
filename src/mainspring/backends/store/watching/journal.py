"""Journal: decisions as watching reads them: counted by stretches of time, and with what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import and_, false, func, select

from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text
from mainspring.backends.store.tables import DECISIONS, FEEDBACK


@dataclass(frozen=True, slots=True)
class Wanted:
    """Decisions of a ``version`` made from ``start`` to ``end``, at most ``limit`` of the newest, whose outcome is known for good.

    With ``partial`` what is known so far is taken for good; with ``silent`` those count too of which nothing was heard.
    """

    version: int
    start: datetime
    end: datetime
    limit: int
    partial: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A decision of a model version, and what came of it. ``earned`` is what is said to have been gained in money.

    Where nothing final was ``heard``, outcome and earned are None.
    """

    id: str
    action: str
    at: datetime
    prediction: Any
    probabilities: dict[str, float]
    heard: bool
    outcome: Any
    earned: float | None


class Answered(NamedTuple):
    at: datetime
    prediction: Any
    probabilities: dict[str, float]


class Journal:
    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, automation: str) -> tuple[int, datetime] | None:
        """The number of the last decision, and when it was made."""
        here = DECISIONS.c.automation == automation
        query = select(DECISIONS.c.number, DECISIONS.c.at).where(here).order_by(DECISIONS.c.number.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row[0], row[1])

    def first(self, automation: str) -> datetime | None:
        """When the first decision was made."""
        here = DECISIONS.c.automation == automation
        with self._database.reading() as connection:
            return connection.scalar(select(DECISIONS.c.at).where(here).order_by(DECISIONS.c.number).limit(1))

    def counts(self, automation: str, starts: Sequence[datetime]) -> list[int]:
        """How many decisions were made from each start to the next."""
        times, here = DECISIONS.c.at, DECISIONS.c.automation == automation
        wanted = [func.count().filter(times >= start, times < end) for start, end in pairwise(starts)]
        if not wanted:
            return []
        with self._database.reading() as connection:
            row = connection.execute(select(*wanted).where(here, times >= starts[0])).one()
        return [int(count) for count in row]

    def delays(self, automation: str, since: datetime, limit: int = 5000) -> list[float]:
        """Seconds from decisions made since then to what was heard of them, newest first."""
        query = (
            select(DECISIONS.c.at, FEEDBACK.c.at)
            .join(FEEDBACK, FEEDBACK.c.decision == DECISIONS.c.id)
            .where(FEEDBACK.c.automation == automation, FEEDBACK.c.current, DECISIONS.c.at >= since)
            .order_by(DECISIONS.c.number.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [max(0.0, (heard - decided).total_seconds()) for decided, heard in connection.execute(query)]

    def answers(self, automation: str, version: int, since: datetime, limit: int) -> list[Answered]:
        """What a version answered since then, at most ``limit`` of the newest, oldest first; not what it was asked."""
        columns = (DECISIONS.c.at, DECISIONS.c.prediction, DECISIONS.c.probabilities)
        here = (DECISIONS.c.automation == automation, DECISIONS.c.model_version == version, DECISIONS.c.at >= since)
        with self._database.reading() as connection:
            query = select(*columns).where(*here).order_by(DECISIONS.c.number.desc()).limit(limit)
            rows = connection.execute(query).all()
        told = (Answered(row[0], from_text(row[1]), from_text(row[2])) for row in reversed(rows))
        return [one for one in told if one.prediction is not None]

    def known(self, automation: str, wanted: Wanted) -> list[Known]:
        """Oldest first."""
        names = [DECISIONS.c[name] for name in ("id", "action", "at", "prediction", "probabilities")]
        said = [FEEDBACK.c.decision == DECISIONS.c.id, FEEDBACK.c.automation == automation, FEEDBACK.c.current]
        if not wanted.partial:
            said.append(FEEDBACK.c.partial == false())
        query = (
            select(*names, FEEDBACK.c.number, FEEDBACK.c.outcome, FEEDBACK.c.gain.label("earned"))
            .select_from(DECISIONS.join(FEEDBACK, and_(*said), isouter=wanted.silent))
            .where(DECISIONS.c.automation == automation, DECISIONS.c.model_version == wanted.version)
            .where(DECISIONS.c.at >= wanted.start, DECISIONS.c.at < wanted.end)
            .order_by(DECISIONS.c.number.desc())
            .limit(wanted.limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [_known(row) for row in reversed(rows)]


def _known(row: Mapping[Any, Any]) -> Known:
    prediction, probabilities = from_text(row["prediction"]), from_text(row["probabilities"])
    outcome = None if row["number"] is None else from_text(row["outcome"])
    return Known(
        row["id"], row["action"], row["at"], prediction, probabilities, row["number"] is not None, outcome, row["earned"]
    )  # fmt: skip
