"""Stream workers that are killed one by one and begun again; none outlives the test."""

import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Begin = Callable[[], "subprocess.Popen[bytes]"]


@contextmanager
def working(begin: Begin, count: int) -> "Iterator[list[subprocess.Popen[bytes]]]":
    """So many workers; whatever becomes of the test, they have ended behind it."""
    running = [begin() for _ in range(count)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def kill_one(running: "list[subprocess.Popen[bytes]]", begin: Begin, dice: random.Random) -> None:
    """One of them by chance, in whose place another begins."""
    victim = dice.randrange(len(running))
    running[victim].send_signal(signal.SIGKILL)
    running[victim].wait()
    running[victim] = begin()
