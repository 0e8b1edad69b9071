"""A flood out of order, hundreds of thousands of customers, two workers in one process, a disk that fills up: the counts hold."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.backends.opening import Settings, open_backends
from mainspring.event import Event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def payments(count: int) -> list[dict]:
    return [{"customer": f"C{n}", "amount": n % 80, "country": "DE"} for n in range(count)]


def keys(space: Workspace) -> Counter[str]:
    return Counter(one["subject"] for one in space.topics.show("fraud.decisions", newest=20_000)["newest"])


def test_a_flood_out_of_order_and_twice_is_decided_once_each(space: Workspace, tmp_path: Path) -> None:
    """Ten thousand events, shuffled over a century, each sent by two publishers and some a third time much later."""
    dice, rows = random.Random(5), payments(5_000)
    events = [
        Event(f"e{n}", "shop", "payment", NOON + timedelta(days=dice.randint(-40_000, 40_000)), row, row["customer"])
        for n, row in enumerate(rows)
    ]
    shuffled = [*events, *events]
    dice.shuffle(shuffled)
    with open_backends(Settings.read(tmp_path / "space")) as backends:
        for start in range(0, len(shuffled), 700):
            backends.buses.own.publish("payments", shuffled[start : start + 700])
        counts = space.streams.run("fraud", drain=True)
        backends.buses.own.publish("payments", events[:100])
        again = space.streams.run("fraud", drain=True)
    assert (counts["decided"], counts["dead"], again["decided"]) == (5_000, 0, 0)
    assert keys(space) == Counter(row["customer"] for row in rows)


def test_two_workers_of_one_process_in_one_group(space: Workspace) -> None:
    """Both have the same process, workspace and group, and share even the connection to the bus."""
    space.topics.publish("payments", payments(3_000))
    counts: list[dict] = []
    threads = [
        threading.Thread(target=lambda: counts.append(space.streams.run("fraud", drain=True, batch=25)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(count["decided"] for count in counts) == 3_000
    assert space.topics.show("payments")["groups"] == {"fraud": 0}
    space.streams.publish(everyone=True)
    assert keys(space) == Counter(row["customer"] for row in payments(3_000))


KEYS = """
import json, sys
from pathlib import Path
from mainspring import Workspace
from mainspring.backends.opening import Settings, open_backends
from mainspring.event import Event
from datetime import UTC, datetime

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

memory, count, now = [], int(sys.argv[2]), datetime.now(UTC)
with Workspace(sys.argv[1]) as space, open_backends(Settings.read(Path(sys.argv[1]))) as backends:
    decided = 0
    for start in range(0, count, count // 10):
        for first in range(start, start + count // 10, 5_000):
            rows = range(first, first + 5_000)
            backends.buses.own.publish("payments", [
                Event(f"e{n}", "shop", "payment", now, {"customer": f"C{n}", "amount": n % 40, "country": "DE"}, f"C{n}")
                for n in rows
            ])
        decided += space.streams.run("fraud", drain=True)["decided"]
        memory.append(resident())
    print(json.dumps({"decided": decided, "memory": memory, "journal": sum(space.status("fraud")["by_action"].values())}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory as Linux tells it")
def test_hundreds_of_thousands_of_keys_in_bounded_memory(tmp_path: Path, space: Workspace) -> None:
    del space  # it has been declared there
    count = 300_000
    ran = subprocess.run(
        [sys.executable, "-c", KEYS, tmp_path / "space", str(count)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    assert told["decided"] == told["journal"] == count
    # The first two tenths fill the caches of the databases, which have a size.
    assert max(told["memory"][2:]) - told["memory"][1] < 30_000_000, told["memory"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.slow
def test_a_disk_that_is_full_is_waited_for(small_disk: Path, declare: Callable[..., Path]) -> None:
    """Journal, outbox and bus lie on it. Nothing is decided while it is full, and everything once when there is room."""
    with Workspace(small_disk / "space") as space:
        space.run(declare())
        space.topics.publish("payments", payments(4_000), subject="customer")
        free = os.statvfs(small_disk)
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * max(0, free.f_bavail * free.f_frsize - 300_000))
        counts: list[dict] = []
        worker = threading.Thread(target=lambda: counts.append(space.streams.run("fraud", drain=True, batch=200)))
        worker.start()
        stuck = _stuck(space, worker)
        assert stuck < 4_000
        assert worker.is_alive()
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
        worker.join(120)
        assert counts, "it went on by itself"
        assert counts[0]["errors"] > 0
        assert counts[0]["dead"] == 0
        assert sum(space.status("fraud")["by_action"].values()) == 4_000
        space.streams.publish(everyone=True)
        assert keys(space) == Counter(row["customer"] for row in payments(4_000))
        held = sum(row["amount"] > 40 for row in payments(4_000))
        assert space.actions.deliver(wait=5.0)["delivered"] == held


def _stuck(space: Workspace, worker: threading.Thread) -> int:
    """How many are decided when no more are, for two seconds."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < 2.0 and worker.is_alive():
        now = sum(space.status("fraud")["by_action"].values())
        if now != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.1)
    return seen
