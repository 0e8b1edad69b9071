"""Stream workers killed with ``kill -9`` while they count what came before: afterwards all is as the slow way counts it."""

import random
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from killed_workers import kill_one, working
from payments import payment, slowly

from mainspring import Workspace
from mainspring.backends.opening import Settings, open_backends
from mainspring.backends.store.json_text import from_text

pytestmark = pytest.mark.slow
EVENTS, KILLS, CARDS = 4_000, 20, 40
DECLARATION = """
name: fraud
source: {table: payments.csv, key: id, time: at, events: "topic:payments"}
prepare:
  types: {at: date, card: category, shop: category}
  windows: {recent: {by: card, over: 10 minutes, count: true, sum: [amount]}}
  late: {allow: 10 days}
decide: {rules: [{if: "recent_count >= 3", then: hold}]}
"""


def declared(folder: Path) -> Path:
    rows = "".join(f"{n},2026-10-01 10:00:{n % 60:02d},c{n % 7},{n},s{n % 3}\n" for n in range(50))
    (folder / "payments.csv").write_text("id,at,card,amount,shop\n" + rows, encoding="utf-8")
    path = folder / "fraud.yaml"
    path.write_text(DECLARATION, encoding="utf-8")
    return path


def start(place: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "mainspring",
        "stream",
        "fraud",
        "-w",
        str(place),
        "--json",
        "--batch",
        "50",
        *more,
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def decided(place: Path) -> list[dict[str, Any]]:
    """The records of all decisions, in the order of the journal."""
    with open_backends(Settings.read(place)) as backends:
        return [from_text(row["record"]) for row in backends.decisions.after("fraud", 0, 10 * EVENTS)]


@pytest.mark.parametrize("workers", [1, 2])
def test_windows_count_right_however_often_workers_are_killed(tmp_path: Path, workers: int) -> None:
    place, dice = tmp_path / "space", random.Random(workers)
    events = [
        payment(n, n * 1.5 + dice.uniform(0, 30), f"c{dice.randrange(CARDS)}", dice.randint(0, 9))
        for n in range(EVENTS)
    ]
    with Workspace(place) as space:
        space.run(declared(tmp_path))
        begin = partial(start, place)
        with working(begin, workers) as running:
            for sent in range(0, EVENTS, EVENTS // KILLS):
                before = sum(space.status("fraud")["by_action"].values())
                space.topics.publish("payments", events[sent : sent + EVENTS // KILLS])
                end = time.monotonic() + 60
                while sum(space.status("fraud")["by_action"].values()) <= before and time.monotonic() < end:
                    time.sleep(0.01)
                time.sleep(dice.uniform(0, 0.2))
                kill_one(running, begin, dice)
            for process in running:
                process.terminate()
                process.wait(60)
        assert start(place, "--drain").wait(200) == 0
        last = [payment(EVENTS + n, EVENTS * 1.5 + 30, f"c{n}") for n in range(CARDS)]
        space.decide("fraud", last)
    found = decided(place)
    assert sorted(one["id"] for one in found) == sorted(one["id"] for one in (*events, *last))
    told = {one["id"]: (one["recent_count"], one["recent_sum_amount"]) for one in found}
    assert told == slowly(found, over=600)
    with sqlite3.connect(place / "mainspring.db") as database:
        kept = database.execute("select count(*) from window_rows").fetchone()[0]
    database.close()
    assert kept == len(found)  # ten days are allowed, so none may be forgotten, and none is there twice
