"""Process: a command held to some CPUs, watched with all its children for the memory they take, and ended with them."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PAGE = os.sysconf("SC_PAGE_SIZE")
INTERVAL = 0.2


@dataclass(frozen=True)
class Ended:
    """``peak_rss`` adds up what each process has in memory; ``peak_pss`` counts pages that several share once. Bytes.

    ``status`` is None where it was ended for taking too long.
    """

    status: int | None
    peak_rss: int
    peak_pss: int


def run_watched(
    command: Sequence[str], environment: Mapping[str, str], log: Path, cpus: Sequence[int], limit: float
) -> Ended:
    """Run ``command`` on ``cpus`` for ``limit`` seconds at most, what it prints going to ``log``; nothing it started survives it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=dict(environment), stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),  # before any library asks how many threads it may start
        )  # fmt: skip
    seen: dict[int, str] = {}
    rss = pss = 0
    until = time.monotonic() + limit
    try:
        while process.poll() is None and time.monotonic() < until:
            family = descendants(process.pid)
            seen |= family
            rss, pss = max(rss, sum(map(_rss, family))), max(pss, sum(map(_pss, family)))
            time.sleep(INTERVAL)
        return Ended(process.poll(), rss, pss)
    finally:
        _end(process, seen)


def descendants(pid: int) -> dict[int, str]:
    """``pid``, its children and theirs, and what else runs in its session: process -> when it started."""
    parents: dict[int, tuple[int, int, str]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            parents[int(entry.name)] = (int(fields[1]), int(fields[3]), fields[19])
    found = {pid} | {one for one, (_, session, _) in parents.items() if session == pid}
    while more := {one for one, (parent, _, _) in parents.items() if parent in found} - found:
        found |= more
    return {one: parents[one][2] for one in found if one in parents}


def _end(process: "subprocess.Popen[bytes]", seen: Mapping[int, str]) -> None:
    for pid, started in {**seen, **descendants(process.pid)}.items():
        fields = _fields(pid)
        if fields and fields[19] == started:  # the number has not gone to somebody else's process since
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.wait()


def _fields(pid: int) -> list[str]:
    """Of ``/proc/PID/stat``, from the third on: state, parent, group, session, …, 19: start."""
    try:
        return (PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (OSError, ValueError):
        return []


def _rss(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "statm").read_text(encoding="utf-8").split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _pss(pid: int) -> int:
    try:
        with (PROC / str(pid) / "smaps_rollup").open(encoding="utf-8") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
    except (OSError, ValueError, StopIteration):
        return 0
