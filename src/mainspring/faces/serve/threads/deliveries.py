"""Deliveries: the thread of the gateway that carries out the actions that are due, and moves decisions to the lake."""

import logging
import threading
import time
from collections.abc import Callable

from mainspring.errors import MainspringError
from mainspring.run.stages.traces import Traces
from mainspring.workspace import Workspace

LOG = logging.getLogger(__name__)
ARCHIVE_EVERY = 60.0
GATHER = 0.02
"""Seconds in which the actions of decisions that come in quick succession are gathered into one delivery."""


class Deliveries:
    """Delivers soon after :meth:`wake`, and every ``pause`` seconds what has come due for another try; ``traces`` are told of each."""

    def __init__(self, workspace: Workspace, pause: float = 1.0, traces: Traces | None = None) -> None:
        self._workspace, self._traces = workspace, traces
        self._pause = pause
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="mainspring-deliveries")

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Let the delivery under way finish; what is left stays in the outbox for the next start."""
        self._stopped.set()
        self._woken.set()
        self._thread.join()

    def _pump(self) -> None:
        archived = time.monotonic()
        self._try("decisions could not be published, they stay in the journal", self._publish_all)
        while not self._stopped.is_set():
            self._woken.clear()
            self._try("decisions could not be published, they stay in the journal", self._workspace.streams.publish)
            self._try("actions could not be delivered, they stay in the outbox", self._deliver)
            if time.monotonic() - archived > ARCHIVE_EVERY:
                self._archive()
                # Outcomes ripen without anyone saying anything.
                self._try("a challenge could not be judged", self._judge_all)
                archived = time.monotonic()
            if self._woken.wait(self._pause):
                self._stopped.wait(GATHER)

    def _deliver(self) -> None:
        self._workspace.actions.deliver(stopped=self._stopped, traces=self._traces)

    def _publish_all(self) -> None:
        self._workspace.streams.publish(everyone=True)

    def _archive(self) -> None:
        self._try("decisions could not be moved to the lake, they stay in the database", self._move_all)

    def _move_all(self) -> None:
        for automation in self._workspace.automations():
            self._workspace.archive(automation["name"])

    def _judge_all(self) -> None:
        for automation in self._workspace.automations():
            if automation["champion"] is not None:
                self._workspace.models.judge(automation["name"])

    def _try(self, otherwise: str, work: Callable[[], object]) -> None:
        try:
            work()
        except MainspringError as error:
            LOG.error("%s: %s", otherwise, error)
