"""Later: decisions that were answered before they were recorded, on their way to the journal."""

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

from mainspring.errors import MainspringError
from mainspring.run.decide import Made
from mainspring.run.desk import Desk

LOG = logging.getLogger(__name__)
MOST = 20_000
"""So many may wait: then whoever asks waits for the record again."""
AT_ONCE = 1_000
PAUSE = 0.2
"""Seconds until what could not be recorded is tried again."""
TRIES = 50

Keep = Callable[[Desk, list[Made]], None]


class Waiting(NamedTuple):
    desk: Desk
    made: Made


class Later:
    """Keeps what is handed in, in order, from a thread of its own. What waits when the process is killed is lost; :meth:`close` keeps
    all of it.
    """

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._waiting: list[Waiting] = []
        self._count = 0
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def take(self, desk: Desk, made: Made) -> bool:
        """Whether it was taken: not where too many wait."""
        with self._changed:
            if self._closed or self._count >= MOST:
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=self._go, name="mainspring-later", daemon=True)
                self._thread.start()
            self._waiting.append(Waiting(desk, made))
            self._count += len(made.decided)
            self._changed.notify_all()
            return True

    def close(self) -> None:
        """Record what waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _go(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                desk = self._waiting[0].desk
                batch = [one for one in self._waiting[:AT_ONCE] if one.desk is desk]
            self._record(desk, [one.made for one in batch])
            with self._changed:
                done = set(map(id, batch))
                self._waiting = [one for one in self._waiting if id(one) not in done]
                self._count -= sum(len(one.made.decided) for one in batch)

    def _record(self, desk: Desk, made: list[Made]) -> None:
        for _ in range(TRIES):
            try:
                self._keep(desk, made)
                return
            except MainspringError as error:
                LOG.error("what was decided about %s is not recorded yet: %s", desk.automation.name, error)
                with self._changed:
                    if self._changed.wait_for(lambda: self._closed, PAUSE):
                        break
        try:
            self._keep(desk, made)
        except MainspringError as error:
            count = sum(len(one.decided) for one in made)
            LOG.error("%d decisions about %s are lost: %s", count, desk.automation.name, error)
