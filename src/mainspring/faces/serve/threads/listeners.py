"""Listeners: the threads of the gateway that decide on events, one an automation whose source is a topic."""

import logging
import threading
from collections.abc import Callable

from mainspring.errors import MainspringError
from mainspring.run.stages.traces import Traces
from mainspring.workspace import Workspace

LOG = logging.getLogger(__name__)
LOOK = 2.0
"""Seconds until an automation that was run meanwhile is noticed, and until one that ended in an error is begun again."""


class Listeners:
    """``decided`` is called after each batch, so that its actions go out at once; ``traces`` are told of it."""

    def __init__(
        self, workspace: Workspace, decided: Callable[[], None], *, on: bool = True, traces: Traces | None = None
    ) -> None:
        self._workspace, self._decided, self._on, self._traces = workspace, decided, on, traces
        self._stopped = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._watch = threading.Thread(target=self._look, name="mainspring-listeners")

    def start(self) -> None:
        if self._on:
            self._watch.start()

    def stop(self) -> None:
        """Let the batches in hand finish."""
        self._stopped.set()
        if self._on:
            self._watch.join()
        while any(thread.is_alive() for thread in self._threads.values()):
            self._workspace.streams.stop()
            for thread in self._threads.values():
                thread.join(0.1)

    def _look(self) -> None:
        while not self._stopped.is_set():
            try:
                names = self._workspace.streams.names()
            except MainspringError as error:
                LOG.error("it cannot be told who decides on events: %s", error)
                names = []
            for name in names:
                if name not in self._threads or not self._threads[name].is_alive():
                    self._threads[name] = threading.Thread(
                        target=self._listen, args=(name,), name=f"mainspring-stream-{name}"
                    )
                    self._threads[name].start()
            self._stopped.wait(LOOK)

    def _listen(self, name: str) -> None:
        try:
            self._workspace.streams.run(name, told=lambda _: self._decided(), traces=self._traces)
        except MainspringError as error:
            LOG.error("%s does not decide on its events: %s", name, error)
