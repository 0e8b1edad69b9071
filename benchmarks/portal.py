"""How long the portal's questions of the journal take, and each of its pages, with so many decisions in it.

python benchmarks/portal.py [--decisions 1000000]
"""

import argparse
import importlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from machine import line
from mainspring import Workspace
from mainspring.faces.portal.kinds import PAGES
from mainspring.faces.portal.page import Visit
from mainspring.faces.portal.running.runs import RunningRuns
from mainspring.faces.portal.say import Say
from mainspring.faces.serve.app import app
from mainspring.run.access.roles import Caller, Role

DECLARATION = """
name: gate
source: {table: visitors.csv, key: visitor}
decide: {rules: [{if: "age < 18", then: refuse, because: too young}]}
"""
FIRST = 2000
TIMES = 9
NOT_MADE = (
    "/new",
    "/new/{upload}",
    "/automations/{name}/declaration",
    "/runs/{name}",
    "/automations/{name}/report",
    "/automations/{name}/label",
)
"""Pages that show nothing of the journal, or are of what learns; rules alone decide here."""


def filled(folder: Path, decisions: int) -> Workspace:
    """A workspace whose journal has so many decisions, spread over the last thirty days."""
    (folder / "visitors.csv").write_text("visitor,age\nV1,17\nV2,30\n", encoding="utf-8")
    (folder / "gate.yaml").write_text(DECLARATION, encoding="utf-8")
    with Workspace(folder / "space") as workspace:
        workspace.run(folder / "gate.yaml")
        workspace.decide("gate", [{"visitor": f"V{i}", "age": 17 + i % 60} for i in range(FIRST)])
    _multiply(folder / "space" / "mainspring.db", decisions)
    return Workspace(folder / "space")


def _multiply(database: Path, decisions: int) -> None:
    """Copies of the rows there are, under other ids, their times over thirty days in the order of their numbers."""
    connection = sqlite3.connect(database)
    names = [row[1] for row in connection.execute("pragma table_info(decisions)") if row[1] != "number"]
    as_is = ", ".join(f'"{name}"' if name != "id" else "lower(hex(randomblob(16)))" for name in names)
    told = ", ".join(f'"{name}"' for name in names)
    while (count := connection.execute("select count(*) from decisions").fetchone()[0]) < decisions:
        limit = min(count, decisions - count)
        connection.execute(
            f"insert into decisions ({told}) select {as_is} from decisions order by number limit {limit}"
        )
    start = (datetime.now(UTC) - timedelta(days=30)).replace(tzinfo=None)
    first, last = connection.execute("select min(number), max(number) from decisions").fetchone()
    step = 30 * 86400 / (last - first + 1)
    rows = ((f"{start + timedelta(seconds=step * i):%Y-%m-%d %H:%M:%S.%f}", first + i) for i in range(last - first + 1))
    connection.executemany("update decisions set at = ? where number = ?", rows)
    connection.commit()
    connection.close()


def milliseconds(ask: Callable[[], object]) -> tuple[float, float]:
    """Of the first time, and the median of those after."""
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        spent.append(1000 * (time.perf_counter() - began))
    return spent[0], statistics.median(spent[1:])


def pages(workspace: Workspace) -> dict[str, Callable[[], object]]:
    """Each page as it is made for whoever opens it: all its regions."""
    gateway = app(workspace, streams=False, learning=False).state.gateway
    running = RunningRuns(workspace.place)
    everything = Caller("bench", "bench", {"*": Role.ADMIN})
    decision = workspace.journal.page("gate", limit=1)["decisions"][0]["decision"]
    table = workspace.lake.tables()[0]["name"]

    def ask(kind: str, path: dict[str, str]) -> Callable[[], object]:
        module, _, name = kind.partition(":")
        make = getattr(importlib.import_module(module), name)
        return lambda: make(Visit(gateway, running, everything, Say("zh"), path, {})).regions()

    told = {"name": "gate", "id": decision, "table": table}
    shown = {address: kind for address, kind in PAGES.items() if address not in NOT_MADE}
    return {f"the page {address}": ask(kind, told) for address, kind in shown.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--decisions", type=int, default=1_000_000)
    wanted = parser.parse_args().decisions
    with tempfile.TemporaryDirectory() as folder, filled(Path(folder), wanted) as workspace:
        journal = workspace.journal
        deep = journal.page("gate", {"end": datetime.now(UTC) - timedelta(days=15)})["older"]
        questions: dict[str, Callable[[], object]] = {
            "the newest page": lambda: journal.page("gate", limit=40),
            "a page in the middle": lambda: journal.page("gate", before=deep, limit=40),
            "one customer": lambda: journal.page("gate", {"key": "V77"}, limit=40),
            "an action": lambda: journal.page("gate", {"action": "refuse"}, limit=40),
            "an action that never was": lambda: journal.page("gate", {"action": "never"}, limit=40),
            "a day": lambda: journal.page("gate", {"start": datetime.now(UTC) - timedelta(days=9)}, limit=40),
            "today and 24 hours": lambda: journal.pulse("gate"),
            "the status": lambda: workspace.status("gate"),
        }
        print(f"{wanted:,} decisions, {line('sqlalchemy', 'polars')}\n")
        print("| question | first, ms | then, ms |\n|---|---|---|")
        for name, ask in (questions | pages(workspace)).items():
            first, then = milliseconds(ask)
            print(f"| {name} | {first:.1f} | {then:.1f} |")


if __name__ == "__main__":
    main()
