"""Run: every cell that is not there yet, one after the other, with a table that grows while it goes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from selection import markdown, results
from selection.process import Ended, run_watched
from selection.results import Cell
from selection.tools import MAINSPRING, Job
from tables import Task, Unavailable, fold, load, score

ROOT = Path(__file__).parents[2]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
PATIENCE = 900.0
"""Seconds beyond three budgets after which a cell is ended: to learn, to answer and to be measured."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What to run. ``peers`` is the Python that has the other tools; ``note`` is kept with each cell."""

    tools: Sequence[str]
    tables: Sequence[str]
    seeds: Sequence[int]
    seconds: float
    results: Path
    peers: Path
    cpus: Sequence[int]
    note: str = ""
    again: Sequence[str] = ()


def run(plan: Plan, say: Say = lambda line: print(line, flush=True)) -> None:
    """Append what is missing to the results. Tables that are not on this machine are skipped, and why is said."""
    done = results.read(plan.results)
    total = len(plan.seeds) * len(plan.tables) * len(plan.tools)
    count = 0
    for seed in plan.seeds:
        for table in plan.tables:
            open_cells = [t for t in plan.tools if t in plan.again or (t, table, seed, plan.seconds) not in done]
            count += len(plan.tools) - len(open_cells)
            for cell in _cells(plan, table, seed, open_cells, say):
                done[cell.key] = cell
                count += 1
                say(f"[{count}/{total}] {markdown.one_line(cell)}")
            if open_cells:
                say(markdown.standing(results.of(done.values(), plan.seconds), table))


def _cells(plan: Plan, table: str, seed: int, tools: Sequence[str], say: Say) -> Iterator[Cell]:
    if not tools:
        return
    try:
        task = load(table)
    except Unavailable as absent:
        say(f"skipped {table}: {absent}")
        return
    train, test = fold(task, seed)
    with TemporaryDirectory(prefix="selection-") as name:
        rows = Path(name)
        train.to_parquet(rows / "train.parquet")
        test.drop(columns=task.target).to_parquet(rows / "test.parquet")
        for tool in tools:
            cell = _cell(plan, task, Job(
                tool, str(rows / "train.parquet"), str(rows / "test.parquet"), "", task.target, task.question, task.metric,
                plan.seconds, seed,
            ), test[task.target])  # fmt: skip
            results.append(plan.results, cell)
            yield cell


def _cell(plan: Plan, task: Task, job: Job, truth: pd.Series) -> Cell:
    load_before = os.getloadavg()[0]
    with TemporaryDirectory(prefix="cell-") as name:
        folder = Path(name)
        (folder / "job.json").write_text(json.dumps({**asdict(job), "folder": name}), encoding="utf-8")
        python = sys.executable if job.tool == MAINSPRING else str(plan.peers)
        command = [python, "-m", "selection.cell", name]
        ended = run_watched(command, _environment(), folder / "log", plan.cpus, 3 * plan.seconds + PATIENCE)
        found = _found(folder, ended, task, truth)
    if "versions" in found and job.tool == MAINSPRING:
        found["versions"] = {**found["versions"], "commit": _commit()}
    return Cell(
        job.tool, task.name, job.seed, plan.seconds, task.metric, **found, peak_rss=ended.peak_rss, peak_pss=ended.peak_pss,
        load_before=load_before, at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", note=plan.note,
    )  # fmt: skip


def _found(folder: Path, ended: Ended, task: Task, truth: pd.Series) -> dict:
    if not (folder / "cell.json").exists():
        told = (folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        how = "took too long and was ended" if ended.status is None else f"exit status {ended.status}"
        return {"error": f"{how}: " + " | ".join(told[-3:])[-600:]}
    figures = json.loads((folder / "cell.json").read_text(encoding="utf-8"))
    try:
        return {**figures, "score": score(task, truth, pd.read_parquet(folder / "answers.parquet"))}
    except (ValueError, KeyError) as wrong:
        return {**figures, "error": f"its answers cannot be scored: {wrong}"[:600]}


def _environment() -> dict[str, str]:
    """This checkout first; how many threads to start is each tool's own choice."""
    kept = {name: value for name, value in os.environ.items() if name not in THREADS}
    return {**kept, "PYTHONPATH": os.pathsep.join([str(ROOT / "benchmarks"), str(ROOT / "src")])}


def _commit() -> str:
    asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
