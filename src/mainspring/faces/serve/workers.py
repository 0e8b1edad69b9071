"""Workers: several gateway processes behind one port, each a whole one; the first also decides on events and has automations learned."""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence

from mainspring.errors import ServeError
from mainspring.faces.serve.load.metrics import FOLDER
from mainspring.faces.serve.server import STOP, free

LOG = logging.getLogger(__name__)
MEMBER = "MAINSPRING_WORKER"
"""In the environment of a worker: its number."""
PAUSE = 1.0
"""Seconds before a worker that ended by itself is begun again."""
PATIENCE = 60.0


def member() -> int | None:
    """Which of several workers this process is, None where it is no worker."""
    told = os.environ.get(MEMBER, "")
    return int(told) if told.isdigit() else None


def supervise(command: Sequence[str], count: int, where: tuple[str, int], announce: Callable[[str], None]) -> None:
    """Run ``count`` workers until SIGINT or SIGTERM, each as ``command`` with ``--port``; one that ends by itself is begun again.

    ``announce`` is told the URL as soon as all of them answer.

    Raises:
        ServeError: the address cannot be listened at, or a worker ends before it ever answered.
    """
    _, port = free(*where)
    stopped = threading.Event()

    def stop(*_: object) -> None:
        stopped.set()

    for number in STOP:
        signal.signal(number, stop)
    with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
        workers = [Worker([*command, "--port", str(port)], number, folder) for number in range(count)]
        try:
            for worker in workers:
                worker.begin()
            urls = [worker.answers() for worker in workers]
            announce(urls[0])
            while not stopped.wait(PAUSE):
                for worker in workers:
                    worker.look()
        finally:
            for worker in workers:
                worker.end()
            for worker in workers:
                worker.wait()


class Worker:
    """One process; what it says on standard error is said here."""

    def __init__(self, command: Sequence[str], number: int, folder: str) -> None:
        self._command, self._number, self._folder = command, number, folder
        self._process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        environment = {**os.environ, MEMBER: str(self._number), FOLDER: self._folder}
        # In a group of its own: Ctrl-C reaches the one that supervises, which lets the workers answer what they have.
        self._process = subprocess.Popen(
            self._command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def answers(self) -> str:
        """Its URL, once it answers."""
        assert self._process is not None and self._process.stdout is not None  # noqa: PT018 - it was begun
        line = self._process.stdout.readline()
        if not line:
            raise ServeError(f"worker {self._number} ended before it answered", remedy="what it said stands above")
        return str(json.loads(line)["url"])

    def look(self) -> None:
        """Begin it again where it has ended."""
        if self._process is not None and self._process.poll() is not None:
            LOG.error("worker %d ended with %s and is begun again", self._number, self._process.returncode)
            self.begin()

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self) -> None:
        if self._process is None:
            return
        until = time.monotonic() + PATIENCE
        try:
            self._process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def again(arguments: Sequence[str]) -> list[str]:
    """The command that was given with these arguments, once more, and answering for programs."""
    return [sys.executable, "-m", "mainspring", *arguments, "--json"]
