"""A measured process is held to its CPUs, its children's memory counts, and nothing of it stays."""

import os
import sys
import time
from pathlib import Path

import pytest

from selection.process import descendants, run_watched

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")

PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; block = bytearray(200_000_000); time.sleep(60)"], start_new_session=True)
print(child.pid, len(os.sched_getaffinity(0)), flush=True)
time.sleep(float(sys.argv[1]))
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(("seconds", "limit", "status"), [("2", 60, 0), ("60", 2, None)])
def test_children_are_counted_and_ended(tmp_path: Path, seconds: str, limit: float, status: int | None) -> None:
    cpu = min(os.sched_getaffinity(0))
    command = [sys.executable, "-c", PARENT, seconds]
    ended = run_watched(command, os.environ, tmp_path / "log", [cpu], limit)
    child, cpus = map(int, (tmp_path / "log").read_text(encoding="utf-8").split())
    assert (ended.status, cpus) == (status, 1)
    assert ended.peak_rss > 200_000_000
    for _ in range(100):  # a killed process takes a moment to be gone
        if not alive(child):
            break
        time.sleep(0.05)
    assert not alive(child)


def test_a_process_that_is_gone_has_only_itself() -> None:
    assert set(descendants(os.getpid())) >= {os.getpid()}
