"""Versions tuned by LoRA on one encoder, as adapters that share it and as encoders of their own: size, memory, and time of one answer.

    python benchmarks/text_adapters.py --versions 8

One version is learned for a few seconds on texts of our own; the others are copies of it with other low ranks, for size and time do
not hang on what was learned. Each way is opened and asked in a process of its own.
"""

import argparse
import multiprocessing
import random
import shutil
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from safetensors.numpy import load_file, save_file

import machine
from mainspring.model import Model, Question, open_model, seal
from mainspring.run.kinds import KINDS
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.kinds import ADAPTER
from mainspring.steps.learn.timing import resident, size_of

ABOUT = {
    "card": ("card", "chip", "pin"),
    "loan": ("loan", "mortgage", "rate"),
    "login": ("password", "account", "email"),
}
ROWS, ASKED = 200, 200


def texts(rows: int, seed: int) -> pa.Table:
    dice = random.Random(seed)
    about = [dice.choice(list(ABOUT)) for _ in range(rows)]
    told = [
        f"please help me, there is something wrong with my new {dice.choice(ABOUT[one])}, case {dice.randrange(999)}"
        for one in about
    ]
    return pa.table({"text": told, "about": about})


def learned(folder: Path, encoder: str, *, merged: bool) -> None:
    """A version, saved and sealed."""
    goal = Goal(Question.CLASS, "about", "log_loss", tuple(sorted(ABOUT)))
    settings = {"encoder": encoder, "method": "lora", "epochs": 1, "longer": False, "merged": merged}
    model = learner_named("encoder_tuned", settings=settings).fit(
        texts(ROWS, 0), None, goal, Budget(time.monotonic() + 120, 2)
    )
    folder.mkdir(parents=True)
    model.save(folder)
    seal(folder)


def others(first: Path, versions: int) -> list[Path]:
    """So many versions: the first, and copies with other low ranks where they are apart. Nothing is linked: each has its own files."""
    folders = [first]
    for number in range(1, versions):
        folder = first.with_name(f"{first.name}-{number}")
        shutil.copytree(first, folder)
        for path in folder.rglob(ADAPTER):
            dice = np.random.default_rng(number)
            factors = {
                name: array * dice.normal(1, 0.001, array.shape).astype(np.float32)
                for name, array in load_file(path).items()
            }
            save_file(factors, path)
            seal(folder)
        folders.append(folder)
    return folders


def measured(folders: list[Path]) -> dict[str, float]:
    """Alone in its process: bytes that the versions add behind the first and in all, and milliseconds of one answer, going round them."""
    asked = texts(ASKED, 1).column("text").to_pylist()
    before = resident()
    began = time.perf_counter()
    models: list[Model] = [open_model(folders[0], KINDS)]
    models[0].predict_one({"text": asked[0]})
    one, seconds_one = resident(), time.perf_counter() - began
    models += [open_model(folder, KINDS) for folder in folders[1:]]
    for model in models:
        model.predict_one({"text": asked[0]})
    seconds_all = time.perf_counter() - began
    spent: list[float] = []
    for number, text in enumerate(asked):
        start = time.perf_counter()
        models[number % len(models)].predict_one({"text": text})
        spent.append(1000 * (time.perf_counter() - start))
    return {
        "disk_mb": size_of(folders[0]) / 1e6, "rss_mb": resident() / 1e6, "first_mb": (one - before) / 1e6,
        "each_mb": (resident() - one) / 1e6 / max(1, len(folders) - 1), "first_s": seconds_one,
        "each_s": (seconds_all - seconds_one) / max(1, len(folders) - 1), "p50_ms": statistics.median(spent),
        "p95_ms": float(np.quantile(spent, 0.95)),
    }  # fmt: skip


HEADS = {
    "disk_mb": "a version on disk, MB", "rss_mb": "the process, RSS MB", "first_mb": "first version adds, MB", "each_mb": "each other, MB",
    "first_s": "open the first, s", "each_s": "each other, s", "p50_ms": "one answer, p50 ms", "p95_ms": "p95 ms",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=8)
    parser.add_argument("--encoder", default="english")
    told = parser.parse_args()
    print(machine.line("mainspring", "onnxruntime", "peft", "torch"))
    print(f"{told.versions} versions on the encoder {told.encoder!r}\n", flush=True)
    print(f"| kept as | {' | '.join(HEADS.values())} |\n|{'---|' * (len(HEADS) + 1)}")
    with TemporaryDirectory() as name:
        for way in ("adapters", "merged"):
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
                alone.submit(learned, Path(name) / way, told.encoder, merged=way == "merged").result()
            folders = others(Path(name) / way, told.versions)
            # Once for what is made once a user, and once to be measured.
            found: dict[str, Any] = {}
            for _ in range(2):
                with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
                    found = alone.submit(measured, folders).result()
            print(f"| {way} | {' | '.join(f'{found[key]:.2f}' for key in HEADS)} |", flush=True)


if __name__ == "__main__":
    main()
