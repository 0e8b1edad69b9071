"""Spare: what the workers of an engine were copies of stays for a while when that engine is closed, and serves the next.

To load the learners takes a second or two, most of a small search: whoever learns again and again in one process waits for that once.
"""

import os
from collections.abc import Iterable
from threading import Lock, Timer

from mainspring.backends.engine.forked import Origin

KEPT_SECONDS = 60.0
OURS = "mainspring"
"""Modules of others are loaded anew each time: their author may have changed them meanwhile."""


class Spare:
    """One origin at most, which is let go when nobody took it."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """As it was at first: in a copy of this process, what is kept is no child of its own."""
        self._lock = Lock()
        self._kept: Origin | None = None
        self._timer: Timer | None = None

    def keep(self, origin: Origin) -> None:
        if not origin.modules or not all(name.partition(".")[0] == OURS for name in origin.modules):
            origin.let_go()
            return
        with self._lock:
            self._drop()
            self._kept, origin.copied = origin, False
            self._timer = Timer(KEPT_SECONDS, self._end, [origin])
            self._timer.daemon = True
            self._timer.start()

    def take(self, modules: Iterable[str], born: tuple[str, ...]) -> Origin:
        """An origin that has these modules, and perhaps more; a new one where none was kept."""
        with self._lock:
            origin = self._kept
            if origin is not None and origin.born == born and origin.modules >= set(modules):
                self._stop_waiting()
                self._kept = None
                return origin
        return Origin([*modules], born)

    def drop(self) -> None:
        """Let go of what is kept."""
        with self._lock:
            self._drop()

    def _end(self, origin: Origin) -> None:
        with self._lock:
            if self._kept is origin:
                self._drop()

    def _drop(self) -> None:
        self._stop_waiting()
        if self._kept is not None:
            self._kept.let_go()
        self._kept = None

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


SPARE = Spare()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SPARE.forget)
