"""Workers: several gateway processes behind one port, each a whole one; the first also decides on events and has automations learned.
One more, behind a socket of their own, may keep the pages. None outlives the process that supervises them.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mainspring.errors import ServeError
from mainspring.faces.serve.load import folder
from mainspring.faces.serve.load.metrics import FOLDER
from mainspring.faces.serve.server import STOP, free

LOG = logging.getLogger(__name__)
MEMBER = "MAINSPRING_WORKER"
"""In the environment of a worker: its number, or that it keeps the pages."""
KEPT = "MAINSPRING_PAGES"
"""In the environment of all of them: the socket of the one that keeps the pages, where one does."""
PAGES = "pages"
PAUSE = 1.0
"""Seconds before a worker that ended by itself is begun again."""
PATIENCE = 60.0
"""Seconds that workers have to end, beyond those in which they drain, before they are killed."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of several processes: its number, None of the one that keeps the pages, and the socket of that one, None where nobody does."""

    number: int | None
    pages: Path | None

    @property
    def name(self) -> str:
        return PAGES if self.number is None else str(self.number)

    @property
    def first(self) -> bool:
        """Whether it does what one has to do for all."""
        return self.number == 0


def member() -> Member | None:
    """What this process is of several, None where it stands alone."""
    told, kept = os.environ.get(MEMBER, ""), os.environ.get(KEPT)
    if not told.isdigit() and told != PAGES:
        return None
    return Member(int(told) if told != PAGES else None, Path(kept) if kept else None)


def held() -> None:
    """Returns once the process that supervises this one is gone, however it ended: a worker's input is a pipe that only that one holds."""
    # Not through sys.stdin, whose lock a thread that waits here would take along into the end of Python.
    while os.read(0, 1024):
        pass


def supervise(
    command: Sequence[str], count: int, where: tuple[str, int], announce: Callable[[str], None], *, pages: bool = False,
    drain: float = 0.0,
) -> None:  # fmt: skip
    """Run ``count`` workers until SIGINT or SIGTERM, each as ``command`` with ``--port``; one that ends by itself is begun again.

    ``announce`` is told the URL as soon as all of them answer. With ``pages``, one more process keeps those, for all of them. Told to
    stop, they go on for ``drain`` seconds.

    Raises:
        ServeError: the address cannot be listened at, or a worker ends before it ever answered.
    """
    _, port = free(*where)
    stopped = threading.Event()

    def stop(*_: object) -> None:
        stopped.set()

    for number in STOP:
        signal.signal(number, stop)
    with folder.made() as place:
        command, told = [*command, "--port", str(port)], {folder.PLACE: str(place)}
        kept = told | ({KEPT: str(place / "pages.sock")} if pages else {})
        # What all have in common is counted by those who are asked, not by the one that they forward to.
        workers = [Worker(command, str(number), kept | {FOLDER: str(place)}) for number in range(count)]
        numbered = list(workers)
        keepers = [Worker(command, PAGES, kept)] if pages else []
        workers += keepers
        try:
            for worker in numbered:
                worker.begin()
            urls = [worker.answers() for worker in numbered]
            # Those who decide come first: whoever asks for a page meanwhile waits for the process that keeps it.
            for worker in keepers:
                worker.begin()
            announce(urls[0])
            while not stopped.wait(PAUSE):
                for worker in workers:
                    worker.look()
        finally:
            _end(workers, drain)


def _end(workers: "Sequence[Worker]", drain: float) -> None:
    for worker in workers:
        worker.end()
    until = time.monotonic() + drain + PATIENCE
    for worker in workers:
        worker.wait(until)


class Worker:
    """One process; what it says on standard error is said here."""

    def __init__(self, command: Sequence[str], name: str, told: Mapping[str, str]) -> None:
        self._command, self._name, self._told = command, name, told
        self._process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        self._close()
        environment = {**os.environ, **self._told, MEMBER: self._name}
        # In a group of its own: Ctrl-C reaches the one that supervises, which lets the workers answer what they have.
        self._process = subprocess.Popen(
            self._command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )  # fmt: skip

    def answers(self) -> str:
        """Its URL, once it answers."""
        assert self._process is not None and self._process.stdout is not None  # noqa: PT018 - it was begun
        line = self._process.stdout.readline()
        if not line:
            raise ServeError(f"worker {self._name} ended before it answered", remedy="what it said stands above")
        return str(json.loads(line)["url"])

    def look(self) -> None:
        """Begin it again where it has ended."""
        if self._process is not None and self._process.poll() is not None:
            LOG.error("worker %s ended with %s and is begun again", self._name, self._process.returncode)
            self.begin()

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Until it has ended; at that time of the monotonic clock it is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()

    def _close(self) -> None:
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def again(arguments: Sequence[str]) -> list[str]:
    """The command that was given with these arguments, once more, and answering for programs."""
    return [sys.executable, "-m", "mainspring", *arguments, "--json"]
