"""Windows: how long a whole table takes, and what they cost a stream of events, beside the same stream without.

python benchmarks/windows.py [--rows 1000000] [--events 20000]
"""

import argparse
import json
import resource
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from machine import line
from mainspring import Automation, Workspace
from mainspring.measure.values.reading import Reading
from mainspring.steps.prepare.clean import CleaningPlan, ColumnPlan
from mainspring.steps.prepare.windows.whole import windows_of
from mainspring.steps.prepare.windows.windowing import windowing_of

START = datetime(2026, 10, 1)
READ = {"id": "id", "at": "date", "card": "category", "amount": "number", "shop": "category"}
TYPES = {"at": "date", "card": "category", "shop": "category"}
PLAIN = {"hour": {"by": "card", "over": "1h", "count": True, "sum": ["amount"], "since_last": True}}
ALL = {
    **PLAIN,
    "day": {"by": "card", "over": "1 day", "mean": ["amount"], "min": ["amount"], "max": ["amount"], "quantiles": {"amount": [0.5, 0.95]}},
    "today": {"by": "card", "kind": "tumbling", "over": "1 day", "distinct": ["shop"]},
    "visit": {"by": "card", "kind": "session", "gap": "10m", "over": "6h", "count": True},
    "place": {"by": "shop", "over": "1h", "count": True, "distinct": ["card"]},
}  # fmt: skip
TOP = {"top": {"by": "card", "over": "1 day", "top": {"shop": 1}}}


def declared(windows: dict) -> Automation:
    return Automation.model_validate(
        {
            "name": "fraud", "source": {"table": "payments.csv", "key": "id", "time": "at", "events": "topic:payments"},
            "prepare": {"windows": windows, "types": TYPES, "late": {"ahead": "3650 days"}},
            "decide": {"rules": [{"if": "amount > 200", "then": "hold"}]},
        }
    )  # fmt: skip


def payments(rows: int, cards: int) -> pa.Table:
    """In the order of their times over thirty days."""
    rng = np.random.default_rng(0)
    at = np.sort(rng.integers(0, 30 * 86_400 * 10**6, rows)).astype("timedelta64[us]") + np.datetime64(START, "us")
    return pa.table(
        {
            "id": [f"p{n}" for n in range(rows)], "at": pa.array(at, pa.timestamp("us")),
            "card": pa.array([f"c{n}" for n in rng.integers(0, cards, rows)]), "amount": np.round(rng.lognormal(3, 1, rows), 2),
            "shop": pa.array([f"s{n}" for n in rng.integers(0, 500, rows)]),
        }
    )  # fmt: skip


def table(rows: int, cards: int, windows: dict) -> dict:
    plan = CleaningPlan(tuple(ColumnPlan(name, "", Reading(kind)) for name, kind in READ.items()))
    windowing = windowing_of(declared(windows), plan)
    made, began = payments(rows, cards), time.perf_counter()
    told = windows_of(made, windowing, np.ones(rows, bool), datetime(2027, 1, 1))
    return {
        "rows": rows,
        "cards": cards,
        "columns": len(told.column_names),
        "seconds": round(time.perf_counter() - began, 2),
    }


def stream(events: int, cards: int, windows: dict) -> dict:
    rows = [{**row, "at": row["at"].isoformat()} for row in payments(events, cards).to_pylist()]
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"{n},{START + timedelta(seconds=n)},c{n % 7},{n}.5,s{n % 3}" for n in range(100)]
        (Path(folder) / "payments.csv").write_text("\n".join(["id,at,card,amount,shop", *lines]), encoding="utf-8")
        automation = declared(windows)
        automation = automation.model_copy(
            update={"source": automation.source.model_copy(update={"table": f"{folder}/payments.csv"})}
        )
        with Workspace(Path(folder) / "space") as space:
            space.run(automation)
            space.topics.publish("payments", rows)
            began = time.perf_counter()
            counts = space.streams.run("fraud", drain=True)
            seconds = time.perf_counter() - began
    assert counts["decided"] == events, counts
    return {"events": events, "cards": cards, "windows": len(windows), "per_second": round(events / seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=20_000)
    told = parser.parse_args()
    print(line("numpy", "pyarrow", "sqlalchemy"))
    for name, cards, windows in (
        ("five windows", 100_000, ALL), ("the same, few cards", 100, ALL), ("the commonest", 100_000, TOP),
        ("a million cards", 1_000_000, PLAIN),
    ):  # fmt: skip
        print(json.dumps({"table": name, **table(told.rows, cards, windows)}), flush=True)
    for name, cards, windows in (
        ("without", 2_000, {}), ("one window", 2_000, PLAIN), ("five windows", 2_000, ALL), ("few cards", 20, ALL),
    ):  # fmt: skip
        print(json.dumps({"stream": name, **stream(told.events, cards, windows)}), flush=True)
    print(json.dumps({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
