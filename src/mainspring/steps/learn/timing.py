"""Timing: what one row costs, and what an opened model weighs. Measured, not guessed."""

import gc
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mainspring.model import Kinds, open_model

LONGEST = 0.5
"""Seconds after which enough is known."""


def latency(answer: Callable[[Mapping[str, Any]], object], records: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Milliseconds a record: ``p50`` and ``p95`` over the records, after a warm-up, for at most half a second."""
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
    p50, p95 = np.quantile(spent, [0.5, 0.95]) * 1000
    return {"p50": float(p50), "p95": float(p95)}


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def memory_of(folder: Path, kinds: Kinds) -> int:
    """Bytes that opening the saved model adds to a process, at least what its files weigh. To be asked of a worker."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model = open_model(folder, kinds)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    del model
    return max((after - before) * 1024, size_of(folder))
