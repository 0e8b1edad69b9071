"""Machine: what a result was measured on, to stand beside it."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def line(*libraries: str) -> str:
    """Date, processor, cores, Python and the versions of ``libraries``: one line."""
    known = [f"{name} {_version(name)}" for name in libraries]
    return (
        f"{datetime.now(UTC):%Y-%m-%d} · {_processor()} · {len(os.sched_getaffinity(0))} cores · "
        f"Python {platform.python_version()}" + "".join(f" · {text}" for text in known)
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _processor() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
