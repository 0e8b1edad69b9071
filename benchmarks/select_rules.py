"""Which rule of selection makes the best blend of small tables: ``python benchmarks/select_rules.py``.

Of each table and split (70/30) every candidate, of the portfolio and drawn, learns five folds once. What they answer is kept under
``--results``, so that the command can be stopped and goes on: out of fold, and on the 30 % the mean of the fold models. Then
each rule chooses weights on the former and is scored on the latter. Members cost nothing here, so that only the choice differs.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

import tables
from mainspring.automation.learn import Learn, Split
from mainspring.automation.prepare import Prepare
from mainspring.measure.metrics import score
from mainspring.measure.profile import profile
from mainspring.steps.learn.blend.calibrate import calibrate
from mainspring.steps.learn.blend.select import Room, bagged, select
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.portfolio import PORTFOLIO, Entry
from mainspring.steps.learn.split import folds
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.lesson import truth_of, with_answers
from mainspring.steps.learn.trial.drawing.draws import Draws
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.preparer import TablePreparer

SMALL = (
    "vehicle", "german_credit", "titanic", "concrete", "orange_juice", "cylinder_bands", "student_por", "oil_spill", "credit_card",
    "insurance", "hr_attrition", "anneal",
)  # fmt: skip
NAMED = (
    "linear", "xgboost_deep", "lightgbm_random", "catboost_small", "extra_trees", "crossed", "crossed_log", "lightgbm_ordered",
    "lightgbm_log", "extra_trees_fine", "lightgbm", "xgboost", "lightgbm_deep", "catboost", "lightgbm_small", "xgboost_small",
    "waves_smooth", "waves", "random_forest",
)  # fmt: skip
NEAR = ("lightgbm", "lightgbm_small", "lightgbm_random", "xgboost", "xgboost_small", "catboost_small", "extra_trees")
DRAWN = 14
LONGEST = 1.0
"""Seconds a fit."""
DRAWS = 4

Weights = Mapping[str, float]


def candidates() -> list[Entry]:
    with TemporaryDirectory() as folder:
        draws = Draws(0, Path(folder))
        drawn = [draws.near(NEAR[i % len(NEAR)]) for i in range(DRAWN)]
    return [entry for entry in (*(e for e in PORTFOLIO if e.name in NAMED), *drawn) if entry is not None]


class Lesson:
    """A table's split: the rows to learn from and to score on."""

    def __init__(self, name: str, seed: int) -> None:
        table = tables.load(name)
        raw = [pa.Table.from_pandas(part, preserve_index=False) for part in tables.fold(table, seed)]
        self._reading = plan(raw[0], Prepare(), target=table.target, key=None)
        self.train, self.test = (self._reading.apply(part) for part in raw)
        learn = Learn.model_validate({"target": table.target, "question": table.question, "optimise": table.metric})
        self.goal = replace(goal_of(learn, self.train.column(table.target), has_gains=False), seed=seed)
        self._profile = profile(self.train, table.target)
        self.truth, self.tested = truth_of(self.train, self.goal), truth_of(self.test, self.goal)

    def answers(self, entries: Sequence[Entry]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Name → answers out of fold, and the fold models' mean answers on the test rows."""
        goal, known = self.goal, {e.name: e.learner() for e in entries}
        known = {name: learner for name, learner in known.items() if learner.fits(goal, self._profile) is None}
        inside: dict[str, np.ndarray] = {}
        outside: dict[str, np.ndarray] = {}
        parts = folds(self.train, goal, Split(), time_column=None, key=None)
        for train, valid in parts:
            fitted = TablePreparer(
                self._reading, goal.target, question=goal.question, classes=goal.classes, positive=goal.positive
            ).fit(self.train.take(pa.array(train)))
            learned = with_answers(fitted.train, self.train.take(pa.array(train)), goal)
            judged, tested = (
                with_answers(fitted.transform.apply(rows), rows, goal)
                for rows in (self.train.take(pa.array(valid)), self.test)
            )
            for name, learner in known.items():
                model = learner.fit(learned, judged, goal, Budget(time.monotonic() + LONGEST, 1))
                one, other = (
                    model.scores(matrix_of(part.select(model.card.input.names), model.card.input))
                    for part in (judged, tested)
                )
                inside.setdefault(name, np.zeros((len(self.truth), one.shape[1])))[valid] = one
                outside[name] = outside.get(name, 0.0) + other / len(parts)
        return inside, outside


def measure(names: Sequence[str], seeds: int, results: Path) -> None:
    entries = candidates()
    for seed in range(seeds):
        for name in names:
            cell = results / f"{name}-{seed}.npz"
            if cell.exists():
                continue
            began = time.monotonic()
            lesson = Lesson(name, seed)
            inside, outside = lesson.answers(entries)
            kept = {f"in {n}": a for n, a in inside.items()} | {f"out {n}": a for n, a in outside.items()}
            positive = -1 if lesson.goal.positive is None else lesson.goal.classes.index(lesson.goal.positive)
            np.savez(
                cell, truth=lesson.truth, tested=lesson.tested, metric=lesson.goal.metric, positive=positive, **kept
            )
            print(f"{name} {seed}: {len(inside)} candidates, {time.monotonic() - began:.0f} s", flush=True)


class Known:
    """What was measured of a table's split."""

    def __init__(self, cell: Path) -> None:
        kept = dict(np.load(cell))
        self.truth, self.tested, self._metric = kept["truth"], kept["tested"], str(kept["metric"])
        self.of_classes = self._metric != "rmse"
        self._positive = int(kept["positive"]) if kept["positive"] >= 0 else None
        self.inside = {key.removeprefix("in "): kept[key] for key in sorted(kept) if key.startswith("in ")}
        self._outside = {key.removeprefix("out "): kept[key] for key in kept if key.startswith("out ")}

    def judge(self, answers: np.ndarray) -> float:
        return self.drawn(np.arange(len(self.truth)))(answers)

    def drawn(self, rows: np.ndarray) -> Callable[[np.ndarray], float]:
        return lambda answers: -self._lost(self.truth[rows], answers)

    def lost(self, weights: Weights) -> float:
        """On the test rows: log loss, RMSE, or what ROC AUC lacks of one."""
        return self._lost(self.tested, np.sum([self._outside[n] * w for n, w in weights.items()], axis=0))

    def calibrated(self, weights: Weights) -> tuple[str, float, float]:
        """The calibration that is chosen for such a blend of probabilities, and the log loss on the test rows without and with it."""
        inside, outside = (
            np.sum([answers[n] * w for n, w in weights.items()], axis=0) for answers in (self.inside, self._outside)
        )
        chosen = calibrate(inside, self.truth.astype(np.int64))
        before, after = (score("log_loss", self.tested, answers) for answers in (outside, chosen.apply(outside)))
        return chosen.method, before, after

    def _lost(self, truth: np.ndarray, answers: np.ndarray) -> float:
        value = score(self._metric, truth, answers, positive=self._positive)
        return 1.0 - value if self._metric == "roc_auc" else value

    def normal(self) -> float:
        """How much less the best candidate loses on the test rows than the middle one."""
        alone = [self.lost({name: 1.0}) for name in self.inside]
        return float(np.median(alone)) - min(alone)


def best(known: Known, count: int) -> list[Weights]:
    """The mean of so many of the best by themselves."""
    order = sorted(known.inside, key=lambda name: -known.judge(known.inside[name]))
    return [dict.fromkeys(order[:count], 1 / count)]


def room(known: Known, most: int) -> Room:
    return Room(dict.fromkeys(known.inside, 0.0), most=most)


def bags(known: Known, most: int) -> list[Weights]:
    return [bagged(known.inside, known.judge, known.drawn, room(known, most), seed) for seed in range(DRAWS)]


RULES: Mapping[str, Callable[[Known], list[Weights]]] = {
    "greedy, at most 8": lambda known: [select(known.inside, known.judge, room(known, 8))],
    "greedy, at most 4": lambda known: [select(known.inside, known.judge, room(known, 4))],
    "bagged, at most 8": lambda known: bags(known, 8),
    "bagged, at most 4": lambda known: bags(known, 4),
    "the best alone": lambda known: best(known, 1),
    "mean of the best 3": lambda known: best(known, 3),
    "mean of the best 5": lambda known: best(known, 5),
    "mean of the best 8": lambda known: best(known, 8),
}
"""A rule in which chance has a part is asked ``DRAWS`` times, and its losses are averaged."""


def compare(names: Sequence[str], results: Path) -> None:
    """Each rule beside the first, on the test rows: normalised (1: as much as the best candidate has over the middle one), in percent."""
    cells = [(name, cell) for name in names for cell in sorted(results.glob(f"{name}-*.npz"))]
    gained: dict[str, list[tuple[float, float, float]]] = {rule: [] for rule in RULES}
    for _, cell in cells:
        known, first = Known(cell), 0.0
        for rule, chosen in RULES.items():
            found = chosen(known)
            value = float(np.mean([known.lost(weights) for weights in found]))
            first = first or value
            members = float(np.mean([len(weights) for weights in found]))
            gained[rule].append(((first - value) / known.normal(), 100.0 * float(np.log(value / first)), members))
    print(f"{len({name for name, _ in cells})} tables, {len(cells)} splits\n")
    print("| rule | normalised gain (standard error) | better / worse | worst split | loss | members |")
    print("|---|---|---|---|---|---|")
    for rule, found in gained.items():
        gain, loss, members = np.array(found).T
        error = float(gain.std(ddof=1)) / len(gain) ** 0.5 if len(gain) > 1 else float("nan")
        better, worse = int((gain > 1e-9).sum()), int((gain < -1e-9).sum())
        print(
            f"| {rule} | {gain.mean():+.3f} ({error:.3f}) | {better} / {worse} | {gain.min():+.2f} | {loss.mean():+.2f} % "
            f"| {members.mean():.1f} |",
            flush=True,
        )


def compare_calibrations(names: Sequence[str], results: Path) -> None:
    """Does the calibration that is chosen for the bagged blend better its log loss on the test rows?"""
    print("\n| split | calibration | log loss without | with |\n|---|---|---|---|")
    better: list[float] = []
    for cell in (cell for name in names for cell in sorted(results.glob(f"{name}-*.npz"))):
        known = Known(cell)
        if known.of_classes:
            method, before, after = known.calibrated(bags(known, 8)[0])
            better.append(before - after)
            print(f"| {cell.stem} | {method} | {before:.4f} | {after:.4f} |", flush=True)
    if len(better) > 1:
        print(f"\nmean gain {np.mean(better):+.4f} (standard error {np.std(better, ddof=1) / len(better) ** 0.5:.4f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", default=list(SMALL))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / ".results" / "select_rules")
    parser.add_argument("--compare", action="store_true", help="only compare by what was measured")
    told = parser.parse_args()
    told.results.mkdir(parents=True, exist_ok=True)
    if not told.compare:
        measure(told.tables, told.seeds, told.results)
    compare(told.tables, told.results)
    compare_calibrations(told.tables, told.results)


if __name__ == "__main__":
    main()
