"""Named entities: taggers learned on public sets, as they are parted there, and judged on their test rows once.

    python benchmarks/text_ner.py conll2003 --time 30m          # ../shared/data must be there
    python benchmarks/text_ner.py cluener resume --time 10m --seed 1

Choices are made on validation rows alone: with ``--valid`` the test rows are not even looked at. A line of JSON a set goes to standard
output; ``--keep FOLDER`` keeps the models.
"""

import argparse
import gzip
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.automation.units import seconds
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.tagging.evaluation import evaluate_spans
from mainspring.steps.learn.text.tagging.tagger import Tagger
from mainspring.steps.source.collect import collect
from mainspring.steps.source.reader import Surroundings

DATA = Path(__file__).parents[2] / "shared" / "data"
TARGET = "spans"
Parts = tuple[pa.Table, pa.Table, pa.Table]


def tagged(*names: str) -> pa.Table:
    """A file of words and tags."""
    source = Source.model_validate({"table": str(DATA.joinpath(*names)), "format": "conll"})
    return pa.Table.from_batches(list(collect(source, Surroundings(DATA))))


def conll2003() -> Parts:
    return tagged("conll2003", "eng.train.gz"), tagged("conll2003", "eng.testa"), tagged("conll2003", "eng.testb")


def resume() -> Parts:
    train, valid, test = (tagged("zh_ner_resume", f"{part}.char.bmes*") for part in ("train", "dev", "test"))
    return train, valid, test


def cluener() -> Parts:
    """The official dev set is the test; a tenth of the training rows is for validation."""
    train = _cluener(gzip.decompress((DATA / "zh_ner_cluener2020" / "train.json.gz").read_bytes()).decode())
    test = _cluener((DATA / "zh_ner_cluener2020" / "dev.json").read_text(encoding="utf-8"))
    held = len(train) // 10
    return train.slice(held), train.slice(0, held), test


def _cluener(content: str) -> pa.Table:
    rows = [json.loads(line) for line in content.splitlines() if line.strip()]
    spans = [
        [
            [start, end + 1, label]
            for label, named in row["label"].items()
            for places in named.values()
            for start, end in places
        ]
        for row in rows
    ]
    return pa.table({"text": [row["text"] for row in rows], TARGET: [json.dumps(one) for one in spans]})


SETS: dict[str, Callable[[], Parts]] = {"conll2003": conll2003, "resume": resume, "cluener": cluener}


def run(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    train, valid, test = SETS[name]()
    train = train.slice(0, asked.rows)
    seed, settings, keep = asked.seed, asked.settings, asked.keep
    goal = Goal(Question.SPANS, TARGET, "entity_f1", seed=seed)
    began = time.monotonic()

    def told(text: str, share: float) -> None:
        print(f"{time.monotonic() - began:6.0f} s {share:4.0%} {text}", file=sys.stderr, flush=True)

    tagger = Tagger(settings=settings, progress=told)
    model = tagger.fit(train, valid, goal, Budget(began + asked.time))
    took = time.monotonic() - began
    parts = {"valid": valid} if asked.valid else {"valid": valid, "test": test}
    judged = {part: evaluate_spans(model, rows, goal, shown=False) for part, rows in parts.items()}
    if keep is not None:
        keep = keep / name
        shutil.rmtree(keep, ignore_errors=True)
        keep.mkdir(parents=True)
        model.save(keep)
    figures = {
        part: {
            **{metric: round(told["value"], 4) for metric, told in one["metrics"].items()}, "words": one["words"],
            "tags": {t["tag"] or "all": [round(t[k], 3) for k in ("precision", "recall", "f1")] + [t["support"]] for t in one["tags"]},
        }
        for part, one in judged.items()
    }  # fmt: skip
    return {
        "set": name,
        "rows": len(train),
        "seed": seed,
        "settings": settings,
        "seconds": round(took),
        "notes": model.card.notes,
        **figures,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", choices=SETS)
    parser.add_argument("--time", type=seconds, default="15m", help="for learning, a set (30m, 600s)")
    parser.add_argument("--valid", action="store_true", help="judge on validation rows only")
    parser.add_argument("--rows", type=int, help="learn from the first so many only")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--settings", type=json.loads, default={}, help='as JSON, for example {"rate": 5e-5}')
    parser.add_argument("--keep", type=Path, help="a folder; each model in one of the set's name")
    asked = parser.parse_args()
    for name in asked.sets:
        print(json.dumps(run(name, asked)), flush=True)


if __name__ == "__main__":
    main()
