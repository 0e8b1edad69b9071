"""Deliveries: the thread of the gateway that carries out the actions that are due."""

import logging
import threading

from mainspring.errors import MainspringError
from mainspring.workspace import Workspace

LOG = logging.getLogger(__name__)
GATHER = 0.02
"""Seconds in which the actions of decisions that come in quick succession are gathered into one delivery."""


class Deliveries:
    """Delivers soon after :meth:`wake`, and every ``pause`` seconds what has come due for another try."""

    def __init__(self, workspace: Workspace, pause: float = 1.0) -> None:
        self._workspace = workspace
        self._pause = pause
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._pump, name="mainspring-deliveries")

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        """Let the delivery under way finish; what is left stays in the outbox for the next start."""
        self._stopped.set()
        self._woken.set()
        self._thread.join()

    def _pump(self) -> None:
        while not self._stopped.is_set():
            self._woken.clear()
            self._deliver()
            if self._woken.wait(self._pause):
                self._stopped.wait(GATHER)

    def _deliver(self) -> None:
        try:
            self._workspace.actions.deliver()
        except MainspringError as error:
            LOG.error("actions could not be delivered, they stay in the outbox: %s", error)
