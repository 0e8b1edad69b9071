"""Told: what is said of flows: moments, and words of what went wrong."""

from datetime import UTC, datetime

from mainspring.errors import Cancelled, MainspringError


def words(problem: BaseException) -> str:
    """What is not our own may quote values, and values may be private."""
    return str(problem) if isinstance(problem, MainspringError) else f"an unexpected {type(problem).__name__}"


def cancelled(run: str) -> Cancelled:
    return Cancelled("it was cancelled", where=f"run {run}", remedy=f"mainspring runs resume {run} goes on with it")


def moment(milliseconds: int | None) -> datetime:
    return datetime.fromtimestamp((milliseconds or 0) / 1000, UTC)


def moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
