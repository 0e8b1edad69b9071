"""Cores: how many of the machine's processor cores this process may use."""

import math
import os
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Where Linux tells a container what share of the processors it has: microseconds in each period, or ``max``."""


def cores() -> int:
    """Those that it is not kept from, by its affinity or, in a container, by its quota; at least one."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, _quota(allowed)))


def _quota(otherwise: int) -> int:
    try:
        share, period = QUOTA.read_text(encoding="ascii").split()
        return otherwise if share == "max" else math.ceil(int(share) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return otherwise
