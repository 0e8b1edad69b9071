"""Sketcher: sums up what is decided, beside deciding: whoever decides only hands over, a thread sketches, once a minute the store is told.

A process that is killed loses what it had not told yet, at most a minute of it: the journal has all, and watching looks there where
the sketches lack rows.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from mainspring.backends.store.watching.sketches import Sketches, Stretch
from mainspring.decision import Decision
from mainspring.errors import MainspringError
from mainspring.run.desk import Desk
from mainspring.run.watch.serving.sketched import Sketched, sketch, to_bytes, together

LOG = logging.getLogger(__name__)
PAUSE, TOLD = 1.0, 60.0
MOST = 20_000
"""Decisions that wait; beyond, whoever decides sketches them itself, so that memory stays bounded."""
PARTS, KEPT = 24, 14
"""A declared window is cut into so many stretches, and so many windows are kept."""
SHORTEST, LONGEST = 60.0, 3600.0


class Place(NamedTuple):
    automation: str
    version: int
    start: datetime


class Sketcher:
    """Thread-safe. ``flush`` when the workspace is closed."""

    def __init__(self, sketches: Sketches) -> None:
        self._sketches = sketches
        self._waiting: list[tuple[Desk, Sequence[Decision]]] = []
        self._rows = 0
        self._made: dict[Place, tuple[Sketched, Desk]] = {}
        self._lock, self._working = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def note(self, desk: Desk, decisions: Sequence[Decision]) -> None:
        """These were decided for the first time."""
        with self._lock:
            self._waiting.append((desk, decisions))
            self._rows += len(decisions)
            full = self._rows > MOST
            if self._thread is None:
                self._thread = threading.Thread(target=self._go, name="mainspring-sketches", daemon=True)
                self._thread.start()
        if full:
            self._digest()

    def flush(self) -> None:
        """Sketch what waits, and tell the store. What the store cannot take is kept for the next time."""
        self._digest()
        with self._working:
            for place, (made, desk) in list(self._made.items()):
                rows = max((one.rows for one in made.values()), default=0)
                oldest = place.start - timedelta(seconds=KEPT * desk.automation.watch.window)
                try:
                    told = Stretch(place.version, place.start, rows, to_bytes(made))
                    self._sketches.merge(place.automation, told, together, oldest)
                except MainspringError as error:
                    LOG.warning("%s: the sketches cannot be kept now: %s", place.automation, error)
                    return
                del self._made[place]

    def close(self) -> None:
        self._ended.set()
        self.flush()

    def _go(self) -> None:
        waited = 0.0
        while not self._ended.wait(PAUSE):
            waited += PAUSE
            self._digest()
            if waited >= TOLD:
                waited = 0.0
                self.flush()

    def _digest(self) -> None:
        with self._working:
            with self._lock:
                waiting, self._waiting, self._rows = self._waiting, [], 0
            together: dict[Place, tuple[Desk, list[Decision]]] = {}
            for desk, decisions in waiting:
                for decision in decisions:
                    place = _place(desk, decision)
                    together.setdefault(place, (desk, []))[1].append(decision)
            for place, (desk, decisions) in together.items():
                made, _ = self._made.setdefault(place, ({}, desk))
                try:
                    sketch(made, desk, decisions)
                except Exception:  # watching must never keep anyone from deciding
                    LOG.exception("%s: %d decisions cannot be sketched", place.automation, len(decisions))


def stretch_of(window: float, at: datetime) -> datetime:
    """When the stretch began that a moment lies in; ``window`` is what is looked at, in seconds."""
    length = min(max(window / PARTS, SHORTEST), LONGEST)
    return datetime.fromtimestamp(at.timestamp() // length * length, UTC)


def _place(desk: Desk, decision: Decision) -> Place:
    start = stretch_of(desk.automation.watch.window, decision.at)
    return Place(desk.automation.name, decision.model_version or 0, start)
