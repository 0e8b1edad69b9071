"""Turned away: whoever comes again sooner than it was told waits that time out.

Turning away takes time, too, and deciding would get less.
"""

import asyncio
import time
from collections.abc import Callable
from itertools import takewhile

from mainspring.faces.serve.problems import Refused

SHARE = 0.2
"""Of the time, that those who come again may take where all do as they were told."""
LONGEST = 10.0
"""Seconds after which whoever is turned away is told to come again, at most."""
LOOK = 0.5
"""Seconds after which it is looked whether anyone still waits."""
MOST = 20_000
"""Connections remembered at most; of others nobody is made to wait."""
RETRY = "Retry-After"

Client = tuple[str, int]
"""The address and the port of a connection."""
Asking = tuple[Client, str]
"""A connection, and the automation that it asked."""


class TurnedAway:
    """Remembers until when each connection was told to stay away. ``pressed`` says whether anyone still waits for an automation."""

    def __init__(self, pressed: Callable[[str], bool]) -> None:
        self._pressed = pressed
        self._until: dict[Asking, float] = {}

    def refusal(self, wait: float, pace: float = 0.0) -> Refused:
        """What to answer where the work ahead takes ``wait`` seconds, and a question about ``pace``.

        The more stay away, the later each is to come again.
        """
        self._forget()
        return overloaded(max(wait, min(LONGEST, len(self._until) * pace / SHARE)))

    def remember(self, client: Client | None, name: str, refused: Refused) -> None:
        """This connection was answered so when it asked the automation of this name."""
        seconds = (refused.headers or {}).get(RETRY, "")
        if client is None or not seconds.isdecimal():
            return
        if len(self._until) < MOST:
            self._until[client, name] = time.monotonic() + float(seconds)

    async def wait(self, client: Client | None, name: str) -> None:
        """Until its time has come or nobody waits any more; at once for whoever was not turned away."""
        if client is None or (until := self._until.get((client, name))) is None:
            return
        try:
            while (left := until - time.monotonic()) > 0 and self._pressed(name):
                await asyncio.sleep(min(left, LOOK))
        finally:
            self._until.pop((client, name), None)

    def _forget(self) -> None:
        """Those whose time has come, whether or not they came: the first told are the first to come, but for some seconds."""
        now = time.monotonic()
        for asking in list(takewhile(lambda one: self._until[one] <= now, self._until)):
            del self._until[asking]


def overloaded(wait: float = 0.0) -> Refused:
    """Told to come again after ``wait`` seconds, at least one."""
    seconds = max(1, round(wait))
    return Refused(
        503, "overloaded", "more is asked than can be answered in time", remedy=f"ask again in {seconds} s",
        headers={RETRY: str(seconds)},
    )  # fmt: skip
