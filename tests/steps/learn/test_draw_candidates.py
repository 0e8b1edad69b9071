"""Draw candidates near the best, and let them go as far as they hold."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn, Limits, Split
from mainspring.model import Question
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.portfolio import PORTFOLIO
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.drawing.draws import FILE, SPACES, Draws
from mainspring.steps.learn.trial.drawing.race import AMONG, IN_VAIN, Race
from mainspring.steps.learn.trial.fold import FoldResult
from mainspring.steps.learn.trial.judge import Judge

FOLDS, ROWS = 3, 30
GOAL = Goal(Question.NUMBER, "y", "rmse")


def judge() -> Judge:
    table = pa.table({"y": np.zeros(FOLDS * ROWS)})
    parts = np.split(np.arange(FOLDS * ROWS), FOLDS)
    return Judge(
        table,
        [(np.setdiff1d(np.arange(FOLDS * ROWS), p), p) for p in parts],
        GOAL,
        cast(Any, SimpleNamespace(stakes=None)),
    )


def result(error: float) -> FoldResult:
    """Answers that are off by so much."""
    return FoldResult(np.full((ROWS, 1), error), {}, 1.0, {"p50": 0.01, "p95": 0.01})


def portfolio(*errors: float) -> list[Try]:
    entries = [e for e in PORTFOLIO if e.kind in SPACES and not e.log and not e.readable]
    return [
        Try(entry.learner(), dict.fromkeys(range(FOLDS), result(error)))
        for entry, error in zip(entries, errors, strict=False)
    ]


class Going:
    """Runs a race by hand: whatever is drawn is off by what ``error`` says of its number and fold."""

    def __init__(self, tries: list[Try], folder: Path) -> None:
        self.tries, self.begun = tries, set[tuple[str, int]]()
        self.race = Race(tries, judge(), Draws(0, folder), lambda t, fold: (t.learner.name, fold) in self.begun)

    def run(self, error: Any) -> list[tuple[str, int]]:
        jobs = list[tuple[str, int]]()
        while (job := self.race.next()) is not None:
            attempt, fold = job
            self.begun.add((attempt.learner.name, fold))
            jobs.append((attempt.learner.name, fold))
            attempt.results[fold] = result(error(int(attempt.learner.name.partition("~")[2]), fold))
        return jobs


def test_a_drawn_candidate_is_near_its_parent(tmp_path: Path) -> None:
    draws = Draws(3, tmp_path)
    entries = {entry.name: entry for entry in PORTFOLIO}
    for number, name in enumerate(
        ["catboost_small", "lightgbm_random_log", "xgboost", "extra_trees", "waves"], start=1
    ):
        made = draws.near(name)
        assert made is not None
        assert made.name == f"{name}~{number}"
        assert (made.kind, made.log) == (entries[name].kind, entries[name].log)
        changed = {k: v for k, v in made.settings.items() if entries[name].settings.get(k) != v}
        assert all(value in SPACES[made.kind][setting] for setting, value in changed.items())
        assert made.learner().name == made.name
    child = draws.near("catboost_small~1")
    assert child is not None
    assert child.name == "catboost_small~6"


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert [Draws(7, one).near("catboost") for _ in range(1)] == [Draws(7, other).near("catboost") for _ in range(1)]
    assert Draws(8, tmp_path).near("catboost") != Draws(7, other).near("catboost")


def test_the_best_is_most_often_the_parent(tmp_path: Path) -> None:
    draws = Draws(0, tmp_path)
    ranked = ["linear", "xgboost", "catboost", "lightgbm"]
    picked = [draws.parent(ranked) for _ in range(300)]
    assert set(picked) == set(ranked[1:])
    assert picked.count("xgboost") > picked.count("catboost")
    assert draws.parent(["linear", "decision_tree"]) is None


def test_what_was_drawn_is_known_to_a_search_that_goes_on(tmp_path: Path) -> None:
    first = Draws(0, tmp_path)
    made = [first.near("catboost"), first.near("catboost~1")]
    with (tmp_path / FILE).open("a") as file:
        file.write('[{"name": "half')
    again = Draws(0, tmp_path)
    assert again.earlier == [(made[0], "catboost"), (made[1], "catboost~1")]
    third = again.near("catboost~2")
    assert third is not None
    assert third.name == "catboost~3"
    assert [entry.name for entry, _ in Draws(0, tmp_path).earlier] == ["catboost~1", "catboost~2", "catboost~3"]


def test_the_good_go_on_and_the_bad_are_left(tmp_path: Path) -> None:
    going = Going(portfolio(1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6), tmp_path)
    jobs = going.run(lambda number, fold: 0.5 if number == 1 else 9.0)
    assert [fold for name, fold in jobs if name.endswith("~1")] == [0, 1, 2]
    assert [fold for name, fold in jobs if not name.endswith("~1")] == [0] * IN_VAIN
    dropped = [t for t in going.tries if t.parent is not None and not t.learner.name.endswith("~1")]
    assert all("not among the best" in str(t.why_not) for t in dropped)
    assert next(t for t in going.tries if t.learner.name.endswith("~1")).why_not is None


def test_one_that_gets_worse_does_not_go_through_all_folds(tmp_path: Path) -> None:
    going = Going(portfolio(*np.linspace(1.0, 1.5, AMONG)), tmp_path)
    jobs = going.run(lambda number, fold: 0.9 if fold == 0 else 20.0)
    assert {fold for _, fold in jobs} == {0, 1}


def test_whoever_fails_is_left_and_no_more_is_drawn_after_many(tmp_path: Path) -> None:
    going = Going(portfolio(1.0, 2.0), tmp_path)
    drawn = 0
    while (job := going.race.next()) is not None:
        drawn += 1
        going.begun.add((job[0].learner.name, job[1]))
        job[0].why_not = "its process died"
    assert drawn == IN_VAIN
    assert {t.why_not for t in going.tries if t.parent is not None} == {"its process died"}


def test_those_under_way_are_waited_for_while_others_are_drawn(tmp_path: Path) -> None:
    going = Going(portfolio(1.0, 2.0), tmp_path)
    first, second = going.race.next(), going.race.next()
    assert first is not None
    going.begun.add((first[0].learner.name, 0))
    third = going.race.next()
    assert second is not None
    assert third is not None
    assert third[0] is not first[0]
    going.race.stop()


def test_near_nothing_that_can_be_drawn_near_nothing_is_drawn(tmp_path: Path) -> None:
    line = next(e for e in PORTFOLIO if e.name == "linear")
    assert Going([Try(line.learner(), dict.fromkeys(range(FOLDS), result(1.0)))], tmp_path).race.next() is None


def test_nothing_is_drawn_twice(tmp_path: Path) -> None:
    draws = Draws(0, tmp_path)
    made = []
    while (name := draws.parent(["waves"])) is not None:
        if (entry := draws.near(name)) is not None:
            made.append(entry.settings["width"])
    there = {entry.settings["width"] for entry in PORTFOLIO if entry.kind == "waves" and not entry.log}
    assert made
    assert len({*made}) == len(made)
    assert not there & {*made}


def test_named_candidates_are_tried_alone(find, customers) -> None:
    declared = Learn(target="spent", candidates=["extra_trees"], exclude=["leaves"], split=Split(folds=2))
    assert not [c for c in find(customers(), declared).candidates if "~" in c.name]


@pytest.mark.slow
def test_time_left_is_for_candidates_near_the_best(find, customers, processes, tmp_path: Path) -> None:
    declared = Learn(target="leaves", exclude=["spent"], split=Split(folds=2), limits=Limits(time="50s"))
    found = find(customers(600), declared, executor=processes, workers=2, folder=tmp_path)
    drawn = [c for c in found.candidates if "~" in c.name]
    assert drawn
    assert all(c.settings for c in drawn)
    again = find(customers(600), declared, executor=processes, workers=2, folder=tmp_path)
    assert {c.name for c in drawn} <= {c.name for c in again.candidates}
    assert found.kept[0].ok
