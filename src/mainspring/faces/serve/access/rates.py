"""Rates: how much a caller may ask: requests a second, as a bucket that fills; requests a day, counted over all processes."""

import math
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from mainspring.faces.serve.problems import Refused
from mainspring.run.access.keys import day_of
from mainspring.run.access.roles import Caller

BURST = 2.0
"""A caller that was quiet may ask at once what it could have asked in so many seconds."""


class Rates:
    """Counts what callers ask; ``share`` gateways share a rate."""

    def __init__(self, share: int = 1) -> None:
        self._share = share
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()
        self._more: Counter[str] = Counter()
        self._day = day_of(datetime.now(UTC))
        self._used: dict[str, int] = {}

    def take(self, caller: Caller) -> None:
        """Raises Refused (429, with ``Retry-After``) where the caller has asked its share already."""
        if caller.rate is not None:
            self._take_from_bucket(caller.id, caller.rate / self._share)
        if caller.quota is not None and self._used.get(caller.id, 0) + self._more[caller.id] >= caller.quota:
            raise too_many(f"the quota of {caller.quota:,} requests a day is used up", _until_tomorrow())
        with self._lock:
            self._more[caller.id] += 1

    def taken(self) -> tuple[str, dict[str, int]]:
        """The day, and what was asked since this was called last: to be added to what all processes have asked."""
        with self._lock:
            day, more = self._day, dict(self._more)
            self._more.clear()
            self._day = day_of(datetime.now(UTC))
            # Until the database is asked again, what was just taken counts here.
            for id, count in more.items():
                self._used[id] = self._used.get(id, 0) + count
        return day, more

    def told(self, used: dict[str, int]) -> None:
        """What all processes together have been asked today."""
        self._used = dict(used)

    def _take_from_bucket(self, id: str, rate: float) -> None:
        now = time.monotonic()
        most = max(1.0, rate * BURST)
        with self._lock:
            left, at = self._buckets.get(id, (most, now))
            left = min(most, left + (now - at) * rate)
            if left >= 1:
                self._buckets[id] = (left - 1, now)
                return
            self._buckets[id] = (left, now)
        raise too_many(f"more than {rate * self._share:g} requests a second", (1 - left) / rate)


def too_many(detail: str, seconds: float) -> Refused:
    wait = max(1, math.ceil(seconds))
    return Refused(429, "too-many-requests", detail, remedy=f"wait {wait} s", headers={"Retry-After": str(wait)})


def _until_tomorrow() -> float:
    at = datetime.now(UTC)
    return ((at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0) - at).total_seconds()
