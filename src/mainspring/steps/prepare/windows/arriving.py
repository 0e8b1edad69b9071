"""Arriving: rows that come one after another: which are late, what the windows tell of each, what is remembered of it."""

from collections.abc import Sequence
from datetime import datetime

from mainspring.steps.prepare.windows.history import History
from mainspring.steps.prepare.windows.windowing import SECOND, Row, Value, Windowing, microseconds

Histories = Sequence[History | None]
"""One a group; None where the row is of nobody."""


def unfit(row: Row, windowing: Windowing, histories: Histories, now: datetime) -> str | None:
    """Why the row counts for no window, in words that follow the name of the column of time; None where it does."""
    if row.at > microseconds(now) + windowing.ahead:
        return f"is more than {_words(windowing.ahead)} ahead of the clock"
    for group, history in zip(windowing.groups, histories, strict=True):
        newest = None if history is None else history.newest
        if newest is not None and row.at < newest - windowing.allow:
            behind = _words(newest - row.at)
            return f"is {behind} behind the newest of the same {group.by!r}, and {_words(windowing.allow)} are allowed"
    return None


def tell(row: Row, windowing: Windowing, histories: Histories) -> dict[str, Value]:
    """The windows' columns of a row, of what came before it."""
    told = windowing.nothing()
    for group, history in zip(windowing.groups, histories, strict=True):
        if history is not None:
            told |= history.tell(group, row.at)
    return told


def remember(row: Row, histories: Histories) -> None:
    """From now on the row is one of the earlier ones."""
    for history, values in zip(histories, row.values, strict=True):
        if history is not None:
            history.add(row.at, values)


def _words(microseconds: int) -> str:
    seconds = microseconds / SECOND
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{round(seconds / length, 1):,g} {unit}"
    return f"{seconds:,.6g} seconds"
