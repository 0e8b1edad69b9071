"""Told: what is said of flows: moments, and words of what went wrong."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import exc, make_url

from mainspring.errors import Cancelled, MainspringError, NoSpace, StoreError


def words(problem: BaseException) -> str:
    """What is not our own may quote values, and values may be private."""
    return str(problem) if isinstance(problem, MainspringError) else f"an unexpected {type(problem).__name__}"


def cancelled(run: str) -> Cancelled:
    return Cancelled("it was cancelled", where=f"run {run}", remedy=f"mainspring runs resume {run} goes on with it")


def moment(milliseconds: int | None) -> datetime:
    return datetime.fromtimestamp((milliseconds or 0) / 1000, UTC)


def moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@contextmanager
def translated(url: str, refusal: type[Exception]) -> Generator[None]:
    """The database's failures and a ``refusal`` of who keeps flows in it, in our words.

    Raises:
        NoSpace: its disk is full. StoreError: whatever else.
    """
    # The driver's own words may quote values, and values may be private: none of them are passed on, nor chained.
    where, failure, full = make_url(url).render_as_string(hide_password=True), "", False
    try:
        yield
    except (exc.SQLAlchemyError, refusal) as problem:
        failure, full = type(problem).__name__, "disk is full" in str(getattr(problem, "orig", problem)).lower()
    if full:
        raise NoSpace("the disk is full; nothing was changed", where=where, remedy="make room and do the same again")
    if failure:
        raise StoreError(
            f"runs cannot be kept ({failure})", where=where, remedy="check that the database can be written"
        )
