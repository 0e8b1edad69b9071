"""A search that was interrupted goes on with the folds that were learned, and spends further ones on the promising."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from wayward_learners import Wayward

from mainspring.automation.learn import Learn, Limits, Split
from mainspring.steps.learn.terms import Standing
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.fold import FoldResult
from mainspring.steps.learn.trial.tries import NO_WORKER, TOO_LATE

DECLARED = Learn(
    target="leaves", candidates=["linear", "decision_tree"], exclude=["spent"], split=Split(folds=3),
    limits=Limits(time="60s"),
)  # fmt: skip


def test_what_was_learned_is_not_learned_again(find, customers, tmp_path: Path) -> None:
    first = find(customers(), DECLARED, folder=tmp_path)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir() if path.suffix in (".npz", ".arrow")}
    assert len(kept) == 6 + 6
    one = next(path for path in kept if path.suffix == ".npz")
    one.unlink()
    again = find(customers(), DECLARED, folder=tmp_path)
    learned = {path for path, when in kept.items() if path.stat().st_mtime_ns != when}
    assert learned == {one}
    assert (again.oof == first.oof).all()
    assert again.model.predict(customers()) == first.model.predict(customers())


def test_a_half_written_fold_is_learned_again(find, customers, tmp_path: Path) -> None:
    first = find(customers(), DECLARED, folder=tmp_path)
    one = next(tmp_path.glob("*.npz"))
    one.rename(one.with_suffix(".draft"))
    assert (find(customers(), DECLARED, folder=tmp_path).oof == first.oof).all()


def test_the_leaderboard_is_told_while_it_grows(find, customers) -> None:
    told: list[list[Standing]] = []
    find(customers(), DECLARED, learners=(Wayward("wayward", "refuse"),), standings=lambda lines: told.append([*lines]))
    last = told[-1]
    assert [(line.name, line.state, line.folds_done) for line in last if line.state == "done"] == [
        (line.name, "done", 3) for line in last[:2]
    ]
    assert last[-1] == Standing("wayward", None, 0.0, 0, 3, "left out", "this data is not for me")
    assert last[0].score == pytest.approx(max(line.score for line in last[:2]), abs=1) or last[0].score <= last[1].score
    assert any(line.state in ("learning", "waiting") for lines in told for line in lines)


def test_further_folds_are_for_the_promising_where_time_is_short(find, customers) -> None:
    short = DECLARED.model_copy(update={"limits": Limits(time="12s"), "candidates": ["linear"]})
    slow = tuple(Wayward(f"slow{i}", "obey", 1.0) for i in range(6))
    found = find(customers(), short, learners=slow)
    tried = {c.name: c.folds for c in found.candidates if c.why_not is None}
    assert found.model.predict(customers().slice(0, 2)).num_rows == 2
    assert tried
    assert all(1 <= folds <= 3 for folds in tried.values())
    declared = {"linear", *(learner.name for learner in slow)}
    left_out = {c.name: c.why_not or "" for c in found.candidates if c.name in declared - tried.keys()}
    assert all(reason.removeprefix("on all rows: ") in (*TOO_LATE, NO_WORKER) for reason in left_out.values()), left_out


def test_what_early_stopping_found_does_not_depend_on_which_fold_ended_first() -> None:
    found = {fold: FoldResult(np.zeros((1, 1)), {"penalty": 10.0**-fold / 3}, 1.0, {}) for fold in range(5)}
    orders = [Try(Wayward("one", "obey"), {fold: found[fold] for fold in order}) for order in permutations(found)]
    assert len({attempt.tuned["penalty"] for attempt in orders}) == 1
