"""Several labels of a text at once, on public sets read so, beside scikit-learn's usual pipeline on the same rows.

    python benchmarks/text_labels.py --time 60s                 # ../shared/data must be there
    python benchmarks/text_labels.py cluener --time 10m --seed 1

``movielens``: the genres of a film, from its title and what people tagged it with; every fifth film is a test row. ``movielens_tagged``:
films that have such tags alone; ``movielens_rated``: all, with the year and what the ratings are like in columns of their own, which the
pipeline does not see. ``cluener``: which of ten types of entities stand in a Chinese sentence; the official dev set is the test.
The pipeline is TF-IDF of words and pairs (Chinese: of one to three characters), a logistic regression a label, and 0.5 as the threshold.
"""

import argparse
import csv
import gzip
import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from mainspring.automation.learn import Split
from mainspring.automation.prepare import Prepare
from mainspring.automation.units import seconds
from mainspring.measure.multilabel.agreement import all_rates, matrix_of
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.split import folds
from mainspring.steps.learn.text.multilabel.evaluation import evaluate_labels
from mainspring.steps.learn.text.multilabel.learner import OneVsRest
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.preparer import TablePreparer

DATA = Path(__file__).parents[2] / "shared" / "data"
TARGET = "labels"
FIFTH = 5
Rows = list[tuple[str, list[str]]]
Parts = tuple[pa.Table, pa.Table]


def movielens(seed: int, *, tagged: bool = False) -> Parts:
    folder = DATA / "movielens_latest_small"
    tags: dict[str, list[str]] = {}
    with (folder / "tags.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            tags.setdefault(row["movieId"], []).append(row["tag"])
    rows: Rows = []
    with (folder / "movies.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            told = tags.get(row["movieId"], [])
            genres = [] if row["genres"].startswith("(") else row["genres"].split("|")
            if told or not tagged:
                rows.append(("; ".join([row["title"], *told]), genres))
    order = np.random.default_rng(seed).permutation(len(rows)).tolist()
    test = len(rows) // FIFTH
    return _table([rows[n] for n in order[test:]]), _table([rows[n] for n in order[:test]])


def movielens_tagged(seed: int) -> Parts:
    return movielens(seed, tagged=True)


def movielens_rated(seed: int) -> Parts:
    folder = DATA / "movielens_latest_small"
    with gzip.open(folder / "ratings.csv.gz", "rt", encoding="utf-8") as lines:
        given: dict[str, list[float]] = {}
        for row in csv.DictReader(lines):
            given.setdefault(row["movieId"], []).append(float(row["rating"]))
    with (folder / "movies.csv").open(encoding="utf-8") as lines:
        films = [(row["title"], given.get(row["movieId"], [])) for row in csv.DictReader(lines)]
    years = [re.search(r"\((\d{4})\)", title) for title, _ in films]
    told = pa.table({
        "year": [None if year is None else int(year[1]) for year in years],
        "ratings": [len(stars) for _, stars in films],
        "mean": [float(np.mean(stars)) if stars else None for _, stars in films],
        "spread": [float(np.std(stars)) if stars else None for _, stars in films],
    })  # fmt: skip
    order = np.random.default_rng(seed).permutation(len(films))
    test = len(films) // FIFTH
    train, valid = (
        pa.table([*told.take(pa.array(some)).columns, *part.columns], names=[*told.column_names, *part.column_names])
        for part, some in zip(movielens(seed), (order[test:], order[:test]), strict=True)
    )
    return train, valid


def cluener(seed: int) -> Parts:  # noqa: ARG001 — it is parted already
    folder = DATA / "zh_ner_cluener2020"
    train = gzip.decompress((folder / "train.json.gz").read_bytes()).decode()
    return _table(_sentences(train)), _table(_sentences((folder / "dev.json").read_text(encoding="utf-8")))


def _sentences(content: str) -> Rows:
    rows = [json.loads(line) for line in content.splitlines() if line.strip()]
    return [(row["text"], sorted(row["label"])) for row in rows]


def _table(rows: Rows) -> pa.Table:
    return pa.table({"text": [text for text, _ in rows], TARGET: [json.dumps(sorted(labels)) for _, labels in rows]})


SETS: dict[str, Callable[[int], Parts]] = {
    "movielens": movielens, "movielens_tagged": movielens_tagged, "movielens_rated": movielens_rated, "cluener": cluener,
}  # fmt: skip


def ours(parts: Parts, limit: float, seed: int, candidates: tuple[str, ...]) -> dict[str, Any]:
    train, test = parts
    told = [json.loads(value) for value in train[TARGET].to_pylist()]
    labels = tuple(sorted({label for row in told for label in row}))
    goal = Goal(Question.LABELS, TARGET, "micro_f1", labels, seed=seed)
    parted = folds(train, goal, Split(), time_column=None, key=None)
    began = time.monotonic()
    prepare = Prepare().model_copy(update={"types": {"text": "verbatim", TARGET: "labels"}})
    reading = plan(train, prepare, target=TARGET, key=None)
    preparer = TablePreparer(reading, TARGET, exclude=("text",), question=goal.question, classes=labels)
    learner = OneVsRest(settings={"candidates": candidates}, folds=parted, preparer=preparer)
    learned = learner.learn(train, goal, Budget(began + limit, 2))
    spent = time.monotonic() - began
    evaluation = evaluate_labels(learned.model, test, goal, shown=False)
    return {
        "what": " + ".join(candidates), "labels": len(labels), "train": len(train), "test": len(test), "seconds": round(spent, 1),
        "out_of_fold": round(learned.metrics["micro_f1"], 4), "judged": learned.judged,
        "low": round(evaluation["metrics"]["micro_f1"]["low"], 4), "high": round(evaluation["metrics"]["micro_f1"]["high"], 4),
        "tried": [f"{line.name} {line.share:.2f} ({line.folds} folds){line.why_not or ''}" for line in learned.tried],
        **{name: round(entry["value"], 4) for name, entry in evaluation["metrics"].items()},
    }  # fmt: skip


def theirs(parts: Parts, *, chinese: bool) -> dict[str, Any]:
    (train, test), began = parts, time.monotonic()
    told = [[json.loads(value) for value in part[TARGET].to_pylist()] for part in parts]
    labels = sorted({label for row in told[0] for label in row})
    words = TfidfVectorizer(analyzer="char", ngram_range=(1, 3)) if chinese else TfidfVectorizer(ngram_range=(1, 2))
    columns = words.fit_transform(train["text"].to_pylist())
    line = OneVsRestClassifier(LogisticRegression(max_iter=1000)).fit(columns, matrix_of(told[0], labels).astype(int))
    found = np.asarray(line.predict(words.transform(test["text"].to_pylist()))).astype(bool)
    rates = all_rates(matrix_of(told[1], labels), found)
    return {"what": "scikit-learn", "seconds": round(time.monotonic() - began, 1)} | {
        name: round(value, 4) for name, value in rates.items()
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("sets", nargs="*", default=list(SETS))
    asked.add_argument("--time", default="60s")
    asked.add_argument("--seed", type=int, default=0)
    told = asked.parse_args()
    for name in told.sets:
        parts = SETS[name](told.seed)
        _tell(name, told, theirs(parts, chinese=name == "cluener"))
        for candidates in (("tfidf_linear",), ("encoder_linear",), ("tfidf_linear", "encoder_linear", "linear")):
            _tell(name, told, ours(parts, seconds(told.time), told.seed, candidates))


def _tell(name: str, told: argparse.Namespace, line: dict[str, Any]) -> None:
    sys.stdout.write(
        json.dumps({"set": name, "seed": told.seed, "limit": told.time, **line}, ensure_ascii=False) + "\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
