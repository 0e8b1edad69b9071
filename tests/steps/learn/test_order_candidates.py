"""Order candidates: who learns which fold next."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa

from mainspring.measure.profile import profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.portfolio import LARGE, PORTFOLIO, READERS, Entry, chosen, kind_of
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.fold import FoldResult
from mainspring.steps.learn.trial.judge import Judge
from mainspring.steps.learn.trial.order import AMONG, BEST, WAVE, Order

FOLDS, ROWS = 3, 30
NUMBERS = [entry for entry in PORTFOLIO if not entry.log and not entry.network and entry.kind not in READERS]


def judge_of_nothing() -> Judge:
    parts = np.split(np.arange(FOLDS * ROWS), FOLDS)
    folds = [(np.setdiff1d(np.arange(FOLDS * ROWS), part), part) for part in parts]
    table = pa.table({"y": np.zeros(FOLDS * ROWS)})
    return Judge(table, folds, Goal(Question.NUMBER, "y", "rmse"), cast(Any, SimpleNamespace(stakes=None)))


def result(error: float) -> FoldResult:
    return FoldResult(np.full((ROWS, 1), error), {}, 1.0, {"p50": 0.01, "p95": 0.01})


def order(
    early: bool, errors: dict[str, float], until: int = 10**6, entries: Sequence[Entry] = NUMBERS
) -> list[tuple[str, int]]:
    """What is handed out while each is off by its error, 1 unless said, and all are done at once; after ``until`` jobs it is late."""
    tries = [Try(entry.learner()) for entry in entries]
    jobs = list[tuple[str, int]]()
    handed = Order(tries, judge_of_nothing(), early=lambda: early and len(jobs) < until)
    while (job := handed.take()) is not None:
        attempt, fold = job
        attempt.results[fold] = result(errors.get(attempt.learner.name, 1.0))
        jobs.append((attempt.learner.name, fold))
    return jobs


def test_while_it_is_early_all_are_tried_before_any_goes_on() -> None:
    jobs = order(early=True, errors={})
    assert {name for name, fold in jobs[: len(NUMBERS)] if fold == 0} == {entry.name for entry in NUMBERS}
    assert len(jobs) == len(set(jobs)) == FOLDS * len(NUMBERS)


def test_later_the_promising_of_a_wave_go_on_first_side_by_side() -> None:
    best = [entry.name for entry in NUMBERS[:BEST]]
    jobs = order(early=False, errors={name: 0.1 * (i + 1) for i, name in enumerate(best)})
    assert [fold for _, fold in jobs[:WAVE]] == [0] * WAVE
    further = jobs[WAVE : WAVE + 2 * BEST]
    assert further == [(name, fold) for fold in (1, 2) for name in best]


def test_once_it_is_late_the_promising_go_on_before_the_rest_of_a_wave_begins() -> None:
    best = [entry.name for entry in NUMBERS[:BEST]]
    jobs = order(early=True, errors={name: 0.1 * (i + 1) for i, name in enumerate(best)}, until=WAVE + 2)
    assert [fold for _, fold in jobs[: WAVE + 2]] == [0] * (WAVE + 2)
    assert jobs[WAVE + 2 : WAVE + 2 + 2 * BEST] == [(name, fold) for fold in (1, 2) for name in best]
    assert len(jobs) == len(set(jobs)) == FOLDS * len(NUMBERS), "and the rest comes later"


def test_of_the_kind_that_did_best_the_next_come_first() -> None:
    jobs = order(early=True, errors={"catboost_small": 0.1, "xgboost_deep": 0.5})
    tried = [name for name, fold in jobs if fold == 0]
    assert kind_of(tried[WAVE]) == "catboost"
    kinds = {kind_of(name) for name in tried[WAVE : 2 * WAVE]}
    assert len(kinds) > 2, "the next wave has others too"


def test_who_reads_texts_takes_no_place_of_who_reads_numbers() -> None:
    mixed = [entry for entry in PORTFOLIO if not (entry.log or entry.network or entry.named or entry.tuned)]
    jobs = order(early=False, errors={mixed[0].name: 0.1}, entries=mixed)
    first = [kind_of(name) for name, _ in jobs[: next(i for i, (_, fold) in enumerate(jobs) if fold)]]
    assert sum(kind in READERS for kind in first) == sum(entry.kind in READERS for entry in mixed) > AMONG
    assert sum(kind not in READERS for kind in first) == WAVE - AMONG


def test_whoever_would_wait_for_a_slow_first_fold_begins_the_second_beside_it() -> None:
    quick, slow = tries = [Try(entry.learner()) for entry in NUMBERS[:2]]
    handed = Order(tries, judge_of_nothing())
    assert [handed.take(), handed.take()] == [(quick, 0), (slow, 0)]
    quick.results[0] = result(0.5)
    assert [handed.take(), handed.take()] == [(quick, 1), (quick, 2)], "what is known to be good comes first"
    assert [handed.take(), handed.take()] == [(slow, 1), None]
    slow.results[1] = result(0.1)
    assert (slow.whole, handed.take()) == (0, None), "nor is the third begun before the first has ended"
    slow.results[0] = result(0.1)
    assert [handed.take(), handed.take()] == [(slow, 2), None]


def test_a_learner_that_is_no_entry_is_a_kind_of_its_own() -> None:
    assert kind_of("ours") == "ours"


def first_of(rows: int, classes: int) -> str:
    """The first candidate for a table of numbers."""
    of = np.arange(rows) % classes
    table = pa.table({"x": np.arange(rows) + 0.5, "y": [f"c{k}" for k in of]})
    goal = Goal(Question.CLASS, "y", "log_loss", tuple(f"c{k}" for k in range(classes)))
    return chosen(goal, profile(table, "y"))[0][0].name


def test_many_classes_make_a_table_large_for_each_wants_its_trees() -> None:
    assert first_of(1_000, 3) == first_of(LARGE - 1, 2) == "linear"
    assert first_of(1_000, 26) == first_of(LARGE, 2) == "lightgbm"
