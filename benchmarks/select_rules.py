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
from mainspring.steps.learn.blend.select import MOST_CHEAP, Room, bagged, select
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

    def _lost(self, truth: np.ndarray, answers: np.ndarray) -> float:
        value = score(self._metric, truth, answers, positive=self._positive)
        return 1.0 - value if self._metric == "roc_auc" else value


def best(known: Known, count: int) -> Weights:
    """The mean of so many of the best by themselves."""
    order = sorted(known.inside, key=lambda name: -known.judge(known.inside[name]))
    return dict.fromkeys(order[:count], 1 / count)


def room(known: Known, most: int = MOST_CHEAP) -> Room:
    return Room(dict.fromkeys(known.inside, 0.0), most=most)


RULES: Mapping[str, Callable[[Known], Weights]] = {
    "greedy, at most 8": lambda known: select(known.inside, known.judge, room(known)),
    "greedy, at most 4": lambda known: select(known.inside, known.judge, room(known, 4)),
    "bagged, at most 8": lambda known: bagged(known.inside, known.judge, known.drawn, room(known)),
    "bagged, at most 4": lambda known: bagged(known.inside, known.judge, known.drawn, room(known, 4)),
    "the best alone": lambda known: best(known, 1),
    "mean of the best 3": lambda known: best(known, 3),
    "mean of the best 5": lambda known: best(known, 5),
    "mean of the best 8": lambda known: best(known, 8),
}


def compare(names: Sequence[str], results: Path) -> None:
    """Beside the first rule: the mean over the tables of what is lost, in percent, negative where less is lost."""
    cells = [(name, cell) for name in names for cell in sorted(results.glob(f"{name}-*.npz"))]
    lost: dict[str, list[tuple[str, float]]] = {rule: [] for rule in RULES}
    for name, cell in cells:
        known = Known(cell)
        first = 0.0
        for rule, chosen in RULES.items():
            value = known.lost(chosen(known))
            first = first or value
            lost[rule].append((name, 100.0 * float(np.log(value / first))))
    tested = sorted({name for name, _ in cells})
    print(f"{len(tested)} tables, {len(cells)} splits\n")
    print("| rule | lost, beside the first (standard error over tables) | splits better / worse | worst split |")
    print("|---|---|---|---|")
    for rule, found in lost.items():
        each = np.array([np.mean([value for name, value in found if name == table]) for table in tested])
        values = np.array([value for _, value in found])
        error = float(each.std(ddof=1)) / len(each) ** 0.5
        better, worse = int((values < -1e-9).sum()), int((values > 1e-9).sum())
        print(
            f"| {rule} | {each.mean():+.2f} % ({error:.2f}) | {better} / {worse} | {values.max():+.1f} % |", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", default=list(SMALL))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / ".results" / "select_rules")
    parser.add_argument("--compare", action="store_true", help="only compare by what was measured")
    told = parser.parse_args()
    told.results.mkdir(parents=True, exist_ok=True)
    if not told.compare:
        measure(told.tables, told.seeds, told.results)
    compare(told.tables, told.results)


if __name__ == "__main__":
    main()
