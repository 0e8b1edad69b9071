"""Watching: the thread of the gateway that looks at automations when it is time."""

import logging
import threading

from mainspring.errors import MainspringError
from mainspring.workspace import Workspace

LOG = logging.getLogger(__name__)


class Watching:
    """Asks every ``pause`` seconds whether it is time to look; what cannot be looked at now is looked at the next time."""

    def __init__(self, workspace: Workspace, pause: float = 30.0) -> None:
        self._workspace = workspace
        self._pause = pause
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._go, name="mainspring-watching")

    def start(self) -> None:
        self._thread.start()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Let the look under way finish."""
        self._stopped.set()
        self._thread.join()

    def _go(self) -> None:
        while not self._stopped.wait(self._pause):
            try:
                self._workspace.watching.due()
            except MainspringError as error:
                LOG.error("an automation could not be looked at: %s", error)
