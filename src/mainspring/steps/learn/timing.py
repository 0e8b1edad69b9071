"""Timing: what one row costs, and what an opened model weighs. Measured, not guessed."""

import gc
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mainspring.model import Kinds, Prepared, open_model

LONGEST = 0.5
"""Seconds after which enough is known."""
PARTS = 5


def latency(answer: Callable[[Mapping[str, Any]], object], records: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Milliseconds a record: ``p50`` and ``p95`` over the records, after a warm-up, for at most half a second.

    Each is the median of what the parts of that time show: what else the machine did in one part is not the row's cost.
    """
    for record in records[:10]:
        answer(record)
    spent: list[float] = []
    began = time.perf_counter()
    # A collection in the middle of a row is not the row's cost.
    gc.disable()
    try:
        while len(spent) < 500 and time.perf_counter() - began < LONGEST:
            record = records[len(spent) % len(records)]
            start = time.perf_counter()
            answer(record)
            spent.append(time.perf_counter() - start)
    finally:
        gc.enable()
    parts = [np.quantile(part, [0.5, 0.95]) for part in np.array_split(spent, PARTS) if len(part)]
    p50, p95 = np.median(parts, axis=0) * 1000
    return {"p50": float(p50), "p95": float(p95)}


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def memory_of(folder: Path, kinds: Kinds) -> int:
    """Bytes that the saved model, opened and ready, adds to a process, at least what its files weigh. To be asked of a worker."""
    gc.collect()
    before = resident()
    model = open_model(folder, kinds)
    if isinstance(model, Prepared):
        model.ready()
    after = resident()
    del model
    return max(after - before, size_of(folder))


def resident() -> int:
    """Bytes of memory in use now, where the system tells; else the most there ever were."""
    told = Path("/proc/self/statm")
    if told.exists():
        return int(told.read_text().split()[1]) * resource.getpagesize()
    return peak()


def peak() -> int:
    """The most bytes of memory this process ever took."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
