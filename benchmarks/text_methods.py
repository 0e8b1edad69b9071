"""Ways to tune an encoder side by side at equal tuning: the same rows, passes, batches and seed, each in a process of its own.

``make bench-methods`` tunes on the first classes of Banking77; ``ARGS="--classes 77 --rows 10003 --epochs 5 --minutes 60"`` on all of it.
``--read-on`` has each method once more behind reading on in the other training texts. A method that the clock cut short says so: it is
not tuned equally then. The set lies in ``../shared/data`` (or ``--data``).
"""

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.metrics import accuracy_score

import machine
from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.tuning.methods import METHODS
from text import SETS, Texts

SET = "banking77"
NUMBER = 4
"""Bytes of a learned weight."""


def measured(method: str, train: Texts, test: Texts, told: argparse.Namespace, more: Path | None) -> dict[str, Any]:
    """One method, learned and scored; where there are ``more`` texts the encoder reads on in them before, whether or not that is better.

    Runs alone in its process, whose peak is its own.
    """
    classes = tuple(sorted({label for _, label in train}))
    goal = Goal(Question.CLASS, "label", "log_loss", classes, None, seed=told.seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    budget = Budget(time.monotonic() + 60.0 * told.minutes, told.threads)
    settings = {"method": method, "epochs": told.epochs} | (
        {} if more is None else {"adapt": True, "unlabelled": str(more)}
    )
    learner = learner_named("encoder_tuned", settings=settings)
    began = time.monotonic()
    model = learner.fit(_table(train), None, goal, budget)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answers = model.predict(_table(test).select(["text"]))["prediction"].to_pylist()
    with TemporaryDirectory() as name:
        model.save(Path(name))
        size = sum(path.stat().st_size for path in Path(name).rglob("*") if path.is_file())
    note = next(one for one in model.card.notes if one.startswith(method))
    learned, steps = (int(part.split(" ")[-1].replace(",", "")) for part in _parts(note))
    return {
        "method": method if more is None else f"{method}, read on",
        "accuracy": accuracy_score([label for _, label in test], answers), "learned": learned,
        "learned_mb": NUMBER * learned / 1e6, "saved_mb": size / 1e6, "steps": steps, "seconds": seconds, "peak_mb": peak / 1024,
        "grown_mb": (peak - before) / 1024, "cut": budget.work.cut or budget.work.paced,
    }  # fmt: skip


def _parts(note: str) -> tuple[str, str]:
    """What stands before the numbers of weights and of steps, with them, of ``lora: 1 of 2 weights were learned, in 3 steps``."""
    return note.partition(" of ")[0], note.removesuffix(" steps")


def _table(rows: Texts) -> pa.Table:
    return pa.table({"text": [text for text, _ in rows], "label": [label for _, label in rows]})


def drawn(told: argparse.Namespace) -> tuple[Texts, Texts, list[str]]:
    """Rows of the first so many classes, by name; and the texts of training rows that are not learned from."""
    part = next(SETS[SET].parts(told.data, told.seed))
    kept = set(sorted({label for _, label in part.train})[: told.classes])
    train, test = ([row for row in rows if row[1] in kept] for rows in (part.train, part.test))
    order = np.random.default_rng(told.seed).permutation(len(train))
    rest = [train[i][0] for i in order[told.rows :]]
    return [train[i] for i in order[: told.rows]], test, rest


def table(found: Sequence[dict[str, Any]]) -> None:
    heads = (
        "method", "accuracy", "weights learned", "of 32 bits, MB", "saved model, MB", "steps", "seconds", "peak RSS, MB", "grown by, MB",
    )  # fmt: skip
    print(f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for one in found:
        steps = f"{one['steps']}{' (cut)' if one['cut'] else ''}"
        print(
            f"| {one['method']} | {one['accuracy']:.4f} | {one['learned']:,} | {one['learned_mb']:.2f} | {one['saved_mb']:.1f} | {steps} "
            f"| {one['seconds']:.0f} | {one['peak_mb']:.0f} | {one['grown_mb']:.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--classes", type=int, default=20)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--epochs", type=float, default=5.0)
    parser.add_argument("--minutes", type=float, default=15.0, help="each method is given at most")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--read-on", action="store_true", help="each method once more, behind reading on in all other training texts"
    )
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    train, test, rest = drawn(told)
    print(machine.line("mainspring", "torch", "transformers", "peft"))
    rows = f"{len(train)} rows of {told.classes} classes, {len(test)} test rows"
    print(f"{SET}: {rows}, seed {told.seed}, {told.epochs:g} passes", flush=True)
    found: list[dict[str, Any]] = []
    with TemporaryDirectory() as name:
        more = Path(name) / "unlabelled.json"
        more.write_text(json.dumps(rest), encoding="utf-8")
        for method in told.methods:
            for texts in (None, more) if told.read_on else (None,):
                with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
                    found.append(alone.submit(measured, method, train, test, told, texts).result())
                short = f"{found[-1]['method']}: {found[-1]['accuracy']:.4f} in {found[-1]['seconds']:.0f} s"
                print(json.dumps(found[-1]) if told.json else short, flush=True)
    table(found)


if __name__ == "__main__":
    main()
