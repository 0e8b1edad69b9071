"""Answers: what requests were answered that may be sent again, for a while. The database sees neither their keys nor the answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select

from mainspring.backends.store.database import Database
from mainspring.backends.store.tables import KEPT_ANSWERS


@dataclass(frozen=True, slots=True)
class Kept:
    """``asked`` is a digest of the request; ``answer`` is sealed by whoever keeps it, None while it is not answered yet."""

    asked: str
    at: datetime
    status: int | None
    answer: bytes | None


class Answers:
    def __init__(self, database: Database, lasts: timedelta, patience: timedelta) -> None:
        """Answers are kept for as long as ``lasts``; whoever began and has not answered after ``patience`` is taken for dead."""
        self._database, self._lasts, self._patience = database, lasts, patience

    def begin(self, id: str, asked: str, at: datetime) -> Kept | None:
        """What is there already under this id; None where nothing is: then it is the caller's, who calls :meth:`keep` or :meth:`drop`."""
        row = {"id": id, "asked": asked, "at": at, "status": None, "answer": None}
        with self._database.writing() as connection:
            connection.execute(KEPT_ANSWERS.delete().where(KEPT_ANSWERS.c.at < at - self._lasts))
            added = self._database.insert_new(KEPT_ANSWERS).values(row).returning(KEPT_ANSWERS.c.id)
            if connection.execute(added).first() is not None:
                return None
            told = connection.execute(select(KEPT_ANSWERS).where(KEPT_ANSWERS.c.id == id)).mappings().one()
            found = Kept(told["asked"], told["at"], told["status"], told["answer"])
            if found.answer is not None or found.at > at - self._patience:
                return found
            # Of two who come for what a dead one began, one gets it.
            here = and_(KEPT_ANSWERS.c.id == id, KEPT_ANSWERS.c.at == found.at, KEPT_ANSWERS.c.answer.is_(None))
            taken = connection.execute(KEPT_ANSWERS.update().where(here).values(at=at, asked=asked))
            return None if taken.rowcount == 1 else found

    def keep(self, id: str, at: datetime, status: int, answer: bytes) -> None:
        """Answer what was begun ``at`` this moment."""
        with self._database.writing() as connection:
            connection.execute(KEPT_ANSWERS.update().where(_begun(id, at)).values(status=status, answer=answer))

    def drop(self, id: str, at: datetime) -> None:
        """Nothing was done: whoever comes next does it."""
        with self._database.writing() as connection:
            connection.execute(KEPT_ANSWERS.delete().where(_begun(id, at)))


def _begun(id: str, at: datetime) -> ColumnElement[bool]:
    return and_(KEPT_ANSWERS.c.id == id, KEPT_ANSWERS.c.at == at, KEPT_ANSWERS.c.answer.is_(None))
