"""Memory: a worker that takes more than its share ends itself and leaves word, before the machine ends whatever it chooses."""

import ctypes
import gc
import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from mainspring.steps.learn.timing import resident

SHARE = 0.8
"""Of the memory that is free when the search begins, so much is the workers' where no limit is declared."""
EVERY = 0.1
"""Seconds between two looks."""
LEAST = 100_000_000
"""Bytes that a worker may add to what its libraries take, however tight the limit."""


def share_of(declared: float | None, workers: int) -> int | None:
    """Bytes that each worker may take; None where the system does not say what is free.

    ``declared`` is for the whole training, this process included.
    """
    if declared is not None:
        return int(max(0.0, declared - resident()) / max(1, workers))
    free = _free()
    return None if free is None else int(SHARE * free / max(1, workers))


@contextmanager
def kept_within(most: int | None, word: Path) -> Iterator[None]:
    """Ends this process, if it is a worker, once it takes more than ``most`` bytes; the file ``word`` then says how many."""
    if most is None or multiprocessing.parent_process() is None:
        yield
        return
    done = threading.Event()
    limit = max(most, resident() + LEAST)
    threading.Thread(target=_watch, args=(limit, word, done), daemon=True).start()
    try:
        yield
    finally:
        done.set()


def give_back() -> None:
    """What was freed goes back to the system: a process is to weigh what its next work takes, not what its largest took."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _watch(limit: int, word: Path, done: threading.Event) -> None:
    while not done.wait(EVERY):
        if resident() > limit:
            word.write_text(f"it took more than {limit / 1e6:,.0f} MB of memory")
            os._exit(1)


def _free() -> int | None:
    told = Path("/proc/meminfo")
    if not told.exists():
        return None
    lines = dict(line.split(":", 1) for line in told.read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) * 1024
