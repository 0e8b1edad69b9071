"""What a choice by money earns on unseen rows, beside the choice by log loss: ``python benchmarks/profit.py``.

For each table and split, candidates learn the same five folds of 70 % of the rows. Blend, calibration and threshold are chosen once
as the search does where profit is optimised, and once by log loss with a threshold that heeds neither rules nor capacity. Both then
decide on the other 30 %, within the same rules and capacity, by the mean answer of the five models that each member has.
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa

import machine
import tables
from mainspring.automation.learn import Learn, Limits
from mainspring.automation.prepare import Prepare
from mainspring.measure.gains import Gains
from mainspring.measure.profile import profile
from mainspring.measure.stakes import ASKED, Stakes
from mainspring.run.kinds import KINDS
from mainspring.steps.learn.blend.calibrate import calibrate
from mainspring.steps.learn.blend.select import Room, bagged, select
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.portfolio import chosen
from mainspring.steps.learn.split import folds
from mainspring.steps.learn.tabular.lesson import truth_of, with_answers
from mainspring.steps.learn.terms import Terms
from mainspring.steps.learn.trial.judge import Judge
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.preparer import TablePreparer

CANDIDATES = ("linear", "decision_tree", "additive", "lightgbm_small", "random_forest", "xgboost")
SECONDS = 4.0
WORLDS = {
    # table: gains of (miss, right to rest), (needless act, right act); share of rows that rules skip; capacity as a share of rows
    "wa_churn": (((0.0, -100.0), (-20.0, 120.0)), 0.25, 0.3),
    "credit_data": (((0.0, -60.0), (-15.0, 30.0)), 0.5, None),
    "hr_attrition": (((0.0, -50.0), (-10.0, 25.0)), 0.0, 0.15),
}


class Trial:
    """The candidates' answers out of fold and on unseen rows, of one split."""

    def __init__(self, name: str, seed: int, most: int) -> None:
        task = tables.load(name)
        train, test = tables.fold(task, seed)
        matrix, ruled, self.share = WORLDS[name]
        raw = pa.Table.from_pandas(train.iloc[:most], preserve_index=False)
        reading = plan(raw, Prepare(), target=task.target, key=None)
        rows, unseen = reading.apply(raw), reading.apply(pa.Table.from_pandas(test, preserve_index=False))
        learn = Learn(target=task.target, question="class", optimise="profit", limits=Limits(time=60.0), seed=seed)
        self.goal = goal_of(learn, rows.column(task.target), has_gains=True)
        assert self.goal.positive is not None
        self.positive = self.goal.classes.index(self.goal.positive)
        declared = ("true_negative", "false_negative"), ("false_positive", "true_positive")
        outcomes = {
            key: gain
            for keys, gains in zip(declared, matrix, strict=True)
            for key, gain in zip(keys, gains, strict=True)
        }
        self.gains = Gains.of(outcomes, self.goal.classes, self.goal.positive, "act")
        self.truth = truth_of(unseen, self.goal).astype(np.int64)
        self.column = _first_number(rows)
        limit = float(np.quantile(rows.column(self.column).drop_null().to_numpy(), 1 - ruled)) if ruled else np.inf
        self.stakes, self.later = (self._stakes(part, limit) for part in (rows, unseen))
        parts = folds(rows, self.goal, learn.split, time_column=None, key=None)
        preparer = TablePreparer(reading, task.target, question=self.goal.question, classes=self.goal.classes,
                                 positive=self.goal.positive, seed=seed)  # fmt: skip
        known = profile(rows, task.target)
        learners, _ = chosen(self.goal, known, CANDIDATES)
        with ThreadPoolExecutor(1) as executor:
            terms = Terms(learn.limits, executor, 1, lambda *_: None, known, KINDS, self.stakes)
            self.judge = Judge(rows, parts, self.goal, terms)
        self.out_of_fold: dict[str, list[np.ndarray]] = {learner.name: [] for learner in learners}
        self.answers = {learner.name: np.zeros((len(unseen), len(self.goal.classes))) for learner in learners}
        for own, valid in parts:
            part, rest = (rows.take(pa.array(np.asarray(numbers))) for numbers in (own, valid))
            prepared = preparer.fit(part)
            features = with_answers(prepared.train, part, self.goal)
            judged = prepared.transform.apply(rest)
            asked = prepared.transform.apply(unseen)
            for learner in learners:
                budget = Budget(time.monotonic() + SECONDS)
                model = learner.fit(features, with_answers(judged, rest, self.goal), self.goal, budget)
                self.out_of_fold[learner.name].append(_chances(model.predict(judged)))
                self.answers[learner.name] += _chances(model.predict(asked)) / len(parts)

    def _stakes(self, rows: pa.Table, limit: float) -> Stakes:
        value = np.nan_to_num(rows.column(self.column).cast(pa.float64()).to_numpy(), nan=-np.inf)
        return Stakes(self.gains, self.positive, np.where(value > limit, 0, ASKED), share=self.share)

    def earned(self, *, by_gain: bool) -> float:
        """Mean gain a row on the unseen rows."""
        judge, truth = self.judge, self.judge.truth.astype(np.int64)
        known = {name: np.concatenate(parts) for name, parts in self.out_of_fold.items()}
        room = Room(dict.fromkeys(known, 1.0))
        weights = bagged(known, judge.surer, judge.drawn, room)
        if by_gain:
            richer = select(known, judge.of, room)
            weights = richer if judge.prefers(_mixed(known, richer), _mixed(known, weights)) else weights
        mixed = _mixed(known, weights)
        calibration = calibrate(mixed, truth, 0, prefers=judge.prefers if by_gain else None)
        stakes = self.stakes.some(judge.rows) if by_gain else Stakes.of(self.gains, self.positive, len(truth))
        threshold = stakes.best_threshold(truth, calibration.apply(mixed))
        actions = self.later.decided(calibration.apply(_mixed(self.answers, weights)), threshold and threshold.value)
        return float(self.later.realised(actions, self.truth).mean())


def _mixed(answers: dict[str, np.ndarray], weights: dict[str, float]) -> np.ndarray:
    return np.sum([answers[name] * weight for name, weight in weights.items()], axis=0)


def _chances(answer: pa.Table) -> np.ndarray:
    return np.column_stack([column.to_numpy() for column in answer.columns[1:]])


def _first_number(rows: pa.Table) -> str:
    """The column by which the rule of a table skips: the first of numbers with many values."""
    return next(
        field.name for field in rows.schema
        if pa.types.is_floating(field.type) and len(rows.column(field.name).unique()) > 20
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", default=list(WORLDS))
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5000, help="to learn from at most")
    told = parser.parse_args()
    print(machine.line("mainspring", "scikit-learn", "lightgbm", "xgboost-cpu"), flush=True)
    print(
        "| table | by gain, a row | by log loss, a row | difference (standard error) | splits won / even / lost |\n|---|---|---|---|---|"
    )
    for name in told.tables:
        trials = [Trial(name, seed, told.rows) for seed in range(told.splits)]
        pairs = np.array([(trial.earned(by_gain=True), trial.earned(by_gain=False)) for trial in trials])
        difference = pairs[:, 0] - pairs[:, 1]
        error = difference.std(ddof=1) / np.sqrt(len(difference))
        won, lost = int((difference > 1e-9).sum()), int((difference < -1e-9).sum())
        print(f"| {name} | {pairs[:, 0].mean():.3f} | {pairs[:, 1].mean():.3f} | {difference.mean():+.3f} ({error:.3f}) "
              f"| {won} / {len(pairs) - won - lost} / {lost} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
