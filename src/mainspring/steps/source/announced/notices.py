"""Notices: how long to wait before a source is asked again: for its word, for a time of the calendar, or for a while."""

import importlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, cast

from mainspring.automation.source import Source
from mainspring.automation.times.cron import next_time
from mainspring.steps.source.address import scheme
from mainspring.steps.source.kinds import ANNOUNCING
from mainspring.steps.source.reader import Surroundings

LONGEST = 3600.0
"""A clock that is set meanwhile is noticed within an hour."""


class Notices(Protocol):
    def wait(self, stopped: threading.Event, seconds: float) -> None:
        """Return when something was announced or may have been, after ``seconds``, or when ``stopped``."""
        ...

    def close(self) -> None: ...


def notices_of(source: Source, around: Surroundings) -> Notices:
    """What to wait with before ``source`` is asked again.

    Raises:
        MissingExtra: a driver is not installed. SourceError: its address cannot be read.
    """
    if source.listen is None:
        return _Clock()
    module, _, name = ANNOUNCING[scheme(source.table or "")].partition(":")
    return cast("Callable[[Source, Surroundings], Notices]", getattr(importlib.import_module(module), name))(
        source, around
    )


def until_next(every: float | str, now: datetime | None = None) -> float:
    """Seconds until a source that is asked ``every`` so often, or at such times of the calendar, is asked again."""
    if not isinstance(every, str):
        return every
    now = now or datetime.now(UTC)
    return max(0.0, (next_time(every, now) - now).total_seconds())


def wait_for_turn(notices: Notices, stopped: threading.Event, every: float | str) -> None:
    """Until it is time, something is announced, or all is ``stopped``."""
    left = until_next(every)
    while left > LONGEST and not stopped.is_set():
        notices.wait(stopped, LONGEST)
        if isinstance(notices, _Clock):
            left = until_next(every)
        else:
            return
    notices.wait(stopped, left)


class _Clock:
    def wait(self, stopped: threading.Event, seconds: float) -> None:
        stopped.wait(seconds)

    def close(self) -> None: ...
