"""Cell: one tool on one table and seed, in a process and environment of its own. ``python -m selection.cell FOLDER``.

``FOLDER/job.json`` says what to do. The answers to the held-out rows are left in ``FOLDER/answers.parquet`` (they are scored by
the caller, all by the same line) and the figures in ``FOLDER/cell.json``.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from selection.tools import Job, Tool, open_tool

SINGLE_ROWS, WARM, LONGEST = 300, 5, 15.0
BATCH = 10_000


def single(answer: Callable[[int], object], rows: int) -> tuple[float, float]:
    """p50 and p99 in milliseconds of up to 300 rows asked for one at a time, for 15 seconds at most."""
    for i in range(min(WARM, rows)):
        answer(i)
    spent: list[float] = []
    until = time.perf_counter() + LONGEST
    for i in range(rows):
        began = time.perf_counter()
        answer(i)
        spent.append(time.perf_counter() - began)
        if time.perf_counter() > until:
            break
    return float(np.percentile(spent, 50)) * 1e3, float(np.percentile(spent, 99)) * 1e3


def batch(tool: Tool, rows: pd.DataFrame, seed: int) -> float:
    """Seconds for 10,000 rows, resampled from the held-out ones; the quickest of three, once where it is slow."""
    many = rows.sample(BATCH, replace=True, random_state=seed).reset_index(drop=True)
    spent: list[float] = []
    while len(spent) < 3 and sum(spent) < 5:
        began = time.perf_counter()
        tool.answer(many)
        spent.append(time.perf_counter() - began)
    return min(spent)


def measure(job: Job, folder: Path) -> dict[str, object]:
    train, test = pd.read_parquet(job.train), pd.read_parquet(job.test)
    tool = open_tool(job)
    began = time.perf_counter()
    tool.learn(train)
    figures: dict[str, object] = {"train_seconds": time.perf_counter() - began}
    tool.open()
    tool.answer(test).to_parquet(folder / "answers.parquet")
    asked = test.sample(SINGLE_ROWS, replace=len(test) < SINGLE_ROWS, random_state=job.seed).reset_index(drop=True)
    for way, answer in tool.singles(asked).items():
        figures[f"{way}_p50_ms"], figures[f"{way}_p99_ms"] = single(answer, len(asked))
    figures["batch_seconds"] = batch(tool, test, job.seed)
    figures["model_bytes"] = tool.size()
    figures["found"] = tool.found()
    figures["versions"] = {name: version(name) for name in tool.packages}
    return figures


def main() -> None:
    folder = Path(sys.argv[1])
    job = Job(**json.loads((folder / "job.json").read_text(encoding="utf-8")))
    (folder / "cell.json").write_text(json.dumps(measure(job, folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
