"""Learns the order of the portfolio from public tables: ``make learn-portfolio``.

Every candidate of the pool learns each table once (at most ``--rows`` rows, early stopping on validation rows) and answers its
validation and test rows; finished cells are kept under ``--results``, so that the command can be stopped and goes on. Then
candidates are put in order greedily: next comes whichever betters most what the search would blend from those before it,
chosen on the validation rows and scored on the test rows, averaged over the tables, for the seconds it takes.

The tables that the quality of the product is quoted for are left out: what is learned here would be tested on itself.
"""

import argparse
import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.model_selection import train_test_split

import tables
from mainspring.automation.learn import Learn
from mainspring.automation.prepare import Prepare
from mainspring.measure.metrics import METRICS, score
from mainspring.measure.profile import profile
from mainspring.steps.learn.blend.select import Room, select
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.portfolio import (
    DEEP_CATBOOST,
    DEEP_LEAVES,
    DEEP_XGBOOST,
    FINE_LEAVES,
    HUGE_LEAVES,
    HUGE_XGBOOST,
    LARGE_LEAVES,
    ORDERED_LEAVES,
    RANDOM_LEAVES,
    SMALL_CATBOOST,
    SMALL_LEAVES,
    SMALL_XGBOOST,
    SMOOTH_WAVES,
    WAVES,
    Entry,
)  # fmt: skip
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.lesson import truth_of, with_answers
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.preparer import TablePreparer

QUOTED = {"wa_churn", "credit_data", "ames", "hotel_rates"}
LONGEST = 30.0
WORTH_A_SECOND = 0.0005
"""Share of a table's range of scores that a second of search must better."""

FINE_XGBOOST = {
    "max_depth": 9,
    "eta": 0.05,
    "min_child_weight": 1,
    "subsample": 0.7,
    "colsample_bytree": 0.5,
    "lambda": 1.0,
}


def _boosted(kind: str, **pool: dict[str, Any]) -> list[Entry]:
    """Each for the target as it is, and for its logarithm."""
    return [
        Entry(name + suffix, kind, settings, log=bool(suffix))
        for suffix in ("", "_log")
        for name, settings in pool.items()
    ]


POOL = (
    Entry("linear", "linear"),
    Entry("linear_log", "linear", log=True),
    *_boosted(
        "lightgbm", lightgbm={}, lightgbm_small=SMALL_LEAVES, lightgbm_deep=DEEP_LEAVES, lightgbm_large=LARGE_LEAVES,
        lightgbm_random=RANDOM_LEAVES, lightgbm_ordered=ORDERED_LEAVES, lightgbm_huge=HUGE_LEAVES,
    ),
    *_boosted(
        "xgboost", xgboost={}, xgboost_small=SMALL_XGBOOST, xgboost_deep=DEEP_XGBOOST, xgboost_huge=HUGE_XGBOOST,
        xgboost_fine=FINE_XGBOOST,
    ),
    *_boosted("catboost", catboost={}, catboost_small=SMALL_CATBOOST, catboost_deep=DEEP_CATBOOST),
    *(
        Entry(name + suffix, kind, settings, log=bool(suffix))
        for suffix in ("", "_log")
        for name, kind, settings in (("crossed", "crossed", {}), ("waves", "waves", WAVES), ("waves_smooth", "waves", SMOOTH_WAVES))
    ),
    Entry("extra_trees", "extra_trees"),
    Entry("extra_trees_fine", "extra_trees", FINE_LEAVES),
    Entry("random_forest", "random_forest"),
    Entry("random_forest_fine", "random_forest", {"min_samples_leaf": 1, "max_features": 0.3}),
)  # fmt: skip


def _cell(results: Path, name: str, entry: Entry, rows: int) -> Path:
    digest = hashlib.sha256(f"{entry}{rows}".encode()).hexdigest()[:8]
    return results / f"{name}-{entry.name}-{digest}.npz"


class Lesson:
    """One table, prepared: (train, valid, test) features with their answers."""

    def __init__(self, name: str, rows: int) -> None:
        table = tables.load(name)
        frame = table.frame
        if len(frame) > 2 * rows:
            frame = frame.sample(2 * rows, random_state=0)
        classes = None if table.question == tables.NUMBER else frame[table.target]
        train, rest = train_test_split(
            frame, train_size=min(rows, int(0.6 * len(frame))), random_state=0, stratify=classes
        )
        rest = rest.head(rows)
        valid, test = rest.iloc[: len(rest) // 2], rest.iloc[len(rest) // 2 :]
        raw = [pa.Table.from_pandas(part, preserve_index=False) for part in (train, valid, test)]
        reading = plan(raw[0], Prepare(), target=table.target, key=None)
        cleaned = [reading.apply(part) for part in raw]
        learn = Learn.model_validate({"target": table.target, "question": table.question, "optimise": table.metric})
        self.goal = goal_of(learn, cleaned[0].column(table.target), has_gains=False)
        known = set(self.goal.classes)
        if known:
            cleaned = [c.filter(pa.array([v in known for v in c.column(table.target).to_pylist()])) for c in cleaned]
        fitted = TablePreparer(
            reading, table.target, question=self.goal.question, classes=self.goal.classes, positive=self.goal.positive
        ).fit(cleaned[0])
        features = [fitted.train, *(fitted.transform.apply(part) for part in cleaned[1:])]
        self.parts = [with_answers(f, part, self.goal) for f, part in zip(features, cleaned, strict=True)]
        self.profile = profile(cleaned[0], table.target)
        self.truths = [truth_of(part, self.goal) for part in self.parts[1:]]

    def learn(self, entry: Entry) -> dict[str, Any]:
        learner = entry.learner()
        why = learner.fits(self.goal, self.profile)
        if why is not None:
            return {"why": why}
        began = time.monotonic()
        model: Any = learner.fit(self.parts[0], self.parts[1], self.goal, Budget(began + LONGEST, 1))
        seconds = time.monotonic() - began
        valid, test = (
            model.scores(matrix_of(part.select(model.card.input.names), model.card.input)) for part in self.parts[1:]
        )
        return {"seconds": seconds, "valid": valid, "test": test}

    def judge(self, part: int, answers: np.ndarray) -> float:
        metric = self.goal.metric
        positive = None if self.goal.positive is None else self.goal.classes.index(self.goal.positive)
        value = score(metric, self.truths[part], answers, positive=positive)
        return value if METRICS[metric].greater_is_better else -value


def measure(names: list[str], rows: int, results: Path) -> None:
    for name in names:
        lesson: Lesson | None = None
        for entry in POOL:
            cell = _cell(results, name, entry, rows)
            if cell.exists():
                continue
            lesson = lesson or Lesson(name, rows)
            try:
                found = lesson.learn(entry)
            except Exception as error:
                found = {"why": f"{type(error).__name__}: {error}"[:200]}
            np.savez(cell, **found)
            told = found.get("why") or f"{lesson.judge(1, found['test']):.5g} in {found['seconds']:.1f} s"
            print(f"{name:18s} {entry.name:22s} {told}", flush=True)


def order(names: list[str], rows: int, results: Path) -> None:
    lessons = {name: Lesson(name, rows) for name in names}
    cells: dict[str, dict[str, Mapping[str, Any]]] = {}
    for name in names:
        cells[name] = {}
        for entry in POOL:
            with np.load(_cell(results, name, entry, rows)) as found:
                if "why" not in found:
                    cells[name][entry.name] = {key: found[key] for key in found.files}
    ranges = {}
    for name, lesson in lessons.items():
        alone = [lesson.judge(1, cell["test"]) for cell in cells[name].values()]
        ranges[name] = (np.median(alone), max(max(alone) - np.median(alone), 1e-9))

    def worth(chosen: list[str]) -> float:
        total = []
        for name, lesson in lessons.items():
            there = {c: cells[name][c]["valid"] for c in chosen if c in cells[name]}
            if not there:
                total.append(-3.0)
                continue
            weights = select(there, lambda a, at=lesson: at.judge(0, a), Room(dict.fromkeys(there, 0.0)))
            blended = sum(cells[name][c]["test"] * w for c, w in weights.items())
            low, span = ranges[name]
            total.append(max(-3.0, (lesson.judge(1, np.asarray(blended)) - low) / span))
        return float(np.mean(total))

    chosen: list[str] = []
    best = -3.0
    print("| candidate | seconds | blend so far |\n|---|---|---|")
    while len(chosen) < len(POOL):
        rest = [e.name for e in POOL if e.name not in chosen]
        values = {c: worth([*chosen, c]) for c in rest}
        costs = {c: float(np.mean([cells[n][c]["seconds"] for n in names if c in cells[n]] or [0.0])) for c in rest}
        pick = max(
            rest, key=lambda c: (values[c] - best) / (costs[c] + 0.5) if values[c] > best else values[c] - best - 1.0
        )
        chosen.append(pick)
        best = max(best, values[pick])
        print(f"| {pick} | {costs[pick]:.2f} | {values[pick]:.4f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / ".results" / "portfolio")
    parser.add_argument("--order", action="store_true", help="only put in order what was measured")
    told = parser.parse_args()
    names = told.tables or [name for name in tables.names() if name not in QUOTED]
    told.results.mkdir(parents=True, exist_ok=True)
    if not told.order:
        measure(names, told.rows, told.results)
    order(names, told.rows, told.results)


if __name__ == "__main__":
    main()
