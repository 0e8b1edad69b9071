"""Meter: how long decisions take and how many fail, counted in this process and kept a minute at a time."""

import os
import threading
import time
import uuid
from bisect import bisect_left
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mainspring.backends.store.watching.service import ServiceRecords
from mainspring.errors import MainspringError
from mainspring.steps.watch.service import STEPS

STRETCH = 60.0


@dataclass(slots=True)
class _Counts:
    start: datetime
    began: float
    decisions: int = 0
    refused: int = 0
    errors: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * (len(STEPS) + 1))

    def plain(self) -> dict[str, object]:
        return {
            "decisions": self.decisions,
            "refused": self.refused,
            "errors": self.errors,
            "latencies": self.latencies,
        }


class Meter:
    """Thread-safe. A decision costs it a lock and a few additions; the database is written to once a stretch, and by :meth:`flush`."""

    def __init__(self, records: ServiceRecords) -> None:
        self._records = records
        self._process = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._counts: dict[str, _Counts] = {}
        self._lock = threading.Lock()

    @contextmanager
    def timing(self, automation: str, rows: int) -> Generator[None]:
        """Time the decisions about ``rows`` records, each at its share of the whole; whose failure it is, the error says."""
        began = time.perf_counter()
        refused = errors = 0
        try:
            yield
        except MainspringError as error:
            refused, errors = (rows, 0) if error.fault == "user" else (0, rows)
            raise
        except Exception:
            errors = rows
            raise
        finally:
            self._add(automation, rows, (time.perf_counter() - began) / max(rows, 1), (refused, errors))

    def flush(self) -> None:
        """Keep what was counted so far."""
        with self._lock:
            done, self._counts = self._counts, {}
        for automation, counts in done.items():
            self._records.add(automation, counts.start, self._process, counts.plain())

    def _add(self, automation: str, rows: int, latency: float, failed: tuple[int, int]) -> None:
        with self._lock:
            counts = self._counts.get(automation)
            if counts is None:
                counts = self._counts[automation] = _Counts(datetime.now(UTC), time.monotonic())
            refused, errors = failed
            counts.refused += refused
            counts.errors += errors
            if not refused and not errors:
                counts.decisions += rows
                counts.latencies[bisect_left(STEPS, latency)] += rows
            over = time.monotonic() - counts.began > STRETCH
        if over:
            self.flush()
