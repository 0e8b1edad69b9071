"""Fit: whether a top over the members' answers is surely better than their mean, judged on the same folds, and the top of all rows.

What it learns from are answers out of fold, so that no member had seen the row. It costs a second or two, and is much where the
target hangs on the features with little chance; where chance is large it gains nothing, and is left. Only numbers have one: the
probabilities of members that learned from all rows are surer than those out of fold, and a top that had learned from these was worse.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

import pyarrow as pa

from mainspring.measure.metrics import METRICS, score
from mainspring.model import open_part
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal, Learner
from mainspring.steps.learn.tabular.scores import Floats, Scores
from mainspring.steps.learn.terms import KillsWorkers, Terms
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.fold import Allowance, FoldResult, learn_fold, write_features
from mainspring.steps.learn.trial.judge import Judge
from mainspring.steps.learn.trial.refit import ALL, learn_all

T = TypeVar("T")

SETTINGS = {"num_leaves": 7, "learning_rate": 0.05, "feature_fraction": 0.8, "lambda_l2": 1.0}
SHARES = (0.25, 0.5, 0.75)
"""Never all of it: members that learned from all rows answer somewhat otherwise than those it learned from."""
FEWEST = 500
"""Rows that are judged: with fewer, chance is most of what a top could learn."""
WORTH = 0.99
"""What the error out of fold must come to, in times of the members': where there is nothing to gain, chance gains some thousandths."""
GRACE = 1.0
"""Seconds after the time is up until a worker is given up: the members answer without a top."""
NONE = 0.0


@dataclass(frozen=True, slots=True)
class Stack:
    """The ``top``, its ``share`` (0 to 1), and what it and the members answer together out of fold (n × 1)."""

    top: Scores
    share: float
    answers: Floats


@dataclass(frozen=True, slots=True)
class Stacking:
    """``features`` are those of all rows of the table, with the target; fits are done in ``folder`` and end at ``until``
    (``time.monotonic()`` seconds)."""

    judge: Judge
    goal: Goal
    terms: Terms
    features: pa.Table
    folder: Path
    until: float
    memory: int | None

    def stacked(self, answers: Sequence[Floats], mean: Floats) -> Stack | None:
        """``answers`` of the members and their ``mean`` (n × 1, n: the rows that are judged). None where a top is not surely better."""
        if len(mean) < FEWEST or self.judge.folds < 2:
            return None
        known = self.terms.ledger.followed is not None
        found = None if known else self._found(answers, mean)
        share = self.terms.ledger.tell(
            "share of a top over the members", lambda: NONE if found is None else found.share
        )
        # Fits that the clock neither cut nor hurried are the same whenever they are done.
        return self._found(answers, mean) if known and share > NONE else found

    def _found(self, answers: Sequence[Floats], mean: Floats) -> Stack | None:
        rows = self._rows(answers)
        attempt = self._judged(rows)
        if attempt is None:
            return None
        told = self.judge.answers(attempt.results)
        mixed = {share: told * share + mean * (1.0 - share) for share in SHARES}
        share = max(SHARES, key=lambda one: self.judge.surer(mixed[one]))
        if self._error(mixed[share]) > WORTH * self._error(mean) or not self.judge.surely_better(mixed[share], mean):
            return None
        top = self._learned(rows, replace(cast(Any, attempt.learner), tuned=attempt.tuned))
        return None if top is None else Stack(top, share, mixed[share])

    def _error(self, answers: Floats) -> float:
        metric = "rmse" if METRICS[self.goal.metric].greater_is_better else self.goal.metric
        return score(metric, self.judge.truth, answers, weights=self.judge.weights)

    def _rows(self, answers: Sequence[Floats]) -> pa.Table:
        """The judged rows, in their order, with what the members answered."""
        rows = self.features.take(pa.array(self.judge.rows))
        rows = rows.select([field.name for field in rows.schema if self._is_kept(field)])
        for number, told in enumerate(answers):
            name = f"answer {number + 1}"
            while name in rows.column_names:
                name += "'"
            rows = rows.append_column(name, pa.array(told[:, 0]))
        return rows

    def _is_kept(self, field: pa.Field) -> bool:
        return field.name in (self.goal.target, self.goal.weight) or not pa.types.is_string(field.type)

    def _judged(self, rows: pa.Table) -> Try | None:
        """On the folds of the members, each without its rows; None where the clock decided anything."""
        attempt = Try(cast(Learner, learner_named("lightgbm", settings=SETTINGS)))
        begun: dict[int, Future[FoldResult]] = {}
        for fold, part in enumerate(self.judge.parts):
            write_features(
                pa.concat_tables([rows.slice(0, part.start), rows.slice(part.stop)]),
                self.folder / f"train-{fold}.arrow",
            )
            write_features(rows.slice(part.start, part.stop - part.start), self.folder / f"valid-{fold}.arrow")
            allowance = Allowance(
                max(0.0, self.until - time.monotonic()), self.until, self.folder / f"top-{fold}", self.memory
            )
            begun[fold] = self.terms.executor.submit(
                learn_fold, self.folder, fold, attempt.learner, self.goal, allowance
            )
        for fold, future in begun.items():
            result = self._came(future)
            if result is None or result.work.cut or result.work.paced:
                return None
            attempt.results[fold] = result
        return attempt

    def _learned(self, rows: pa.Table, learner: Learner) -> Scores | None:
        write_features(rows, self.folder / ALL)
        place = self.folder / "top"
        place.mkdir()
        budget = Budget(self.until, 1)
        work = self._came(self.terms.executor.submit(learn_all, place, learner, self.goal, budget, self.memory))
        if work is None or work.cut or work.paced:
            return None
        return cast(Scores, open_part(place, self.terms.kinds))

    def _came(self, future: Future[T]) -> T | None:
        """None where a worker failed or did not end in time: then there is no top, and nothing is lost."""
        try:
            return future.result(max(0.0, self.until - time.monotonic()) + GRACE)
        except TookTooLong:
            if isinstance(self.terms.executor, KillsWorkers):
                self.terms.executor.kill_workers()
        except Exception:  # whatever a worker throws: the members answer without a top
            return None
        return None
