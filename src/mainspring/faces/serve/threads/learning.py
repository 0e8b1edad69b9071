"""Learning: the thread of the gateway that asks whether it is time to learn anew, and has another process do it."""

import json
import logging
import subprocess
import sys
import threading
from typing import Any

from mainspring.errors import Busy, LearnError, MainspringError
from mainspring.workspace import Workspace

LOG = logging.getLogger(__name__)
LAST = 2000
"""So much of what the process said last is kept of one that failed."""


class Learning:
    """Asks every ``pause`` seconds. Learning takes all of a machine for a while and brings its libraries along: deciding must not wait."""

    def __init__(self, workspace: Workspace, pause: float = 30.0, *, on: bool = True) -> None:
        self._workspace, self._pause, self._on = workspace, pause, on
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._go, name="mainspring-learning")

    def start(self) -> None:
        if self._on:
            self._thread.start()

    def stop(self) -> None:
        """A learning under way is ended; whoever asks next goes on with it."""
        self._stopped.set()
        if self._on:
            self._thread.join()

    def _go(self) -> None:
        while not self._stopped.wait(self._pause):
            try:
                for done in self._workspace.loop.due(self._begin):
                    if "error" in done and not self._stopped.is_set():
                        LOG.error("%s was not learned anew: %s", done["automation"], done["error"])
            except MainspringError as error:
                LOG.error("it cannot be told whether it is time to learn anew: %s", error)

    def _begin(self, name: str, why: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "mainspring", "retrain", name, "--why", why, "--quiet", "--json"]
        command += ["--workspace", str(self._workspace.place)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            while True:
                try:
                    told, said = process.communicate(timeout=1.0)
                    break
                except subprocess.TimeoutExpired:
                    if self._stopped.is_set():
                        process.terminate()
        if self._stopped.is_set():
            raise Busy("the gateway was stopped", where=name, remedy="whoever asks next goes on with it")
        if process.returncode:
            error = LearnError(said.strip()[-LAST:] or f"the process ended with {process.returncode}", where=name)
            error.retry = process.returncode != 2  # the user's own mistakes do not mend themselves
            raise error
        return json.loads(told)
