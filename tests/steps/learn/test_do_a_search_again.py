"""A search is done again from its ledger: the same model to the byte, though the clock cut the first."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.automation.learn import Learn, Limits, Split
from mainspring.errors import LearnError
from mainspring.model import seal
from mainspring.steps.learn.found import Found
from mainspring.steps.learn.learner import Budget, Work
from mainspring.steps.learn.portfolio import PORTFOLIO
from mainspring.steps.learn.record.learners import learner_of, plain_of
from mainspring.steps.learn.record.ledger import Ledger


def sealed(found: Found, folder: Path) -> dict[str, str]:
    """File by file, so that a difference says where it is."""
    folder.mkdir()
    found.model.save(folder)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    told = {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}
    return {**told, "all": seal(folder)}


def written_and_read(ledger: Ledger) -> Ledger:
    return Ledger.from_dict(json.loads(json.dumps(ledger.to_dict())))


def test_what_the_clock_cut_is_done_again_to_the_byte(find, customers, processes, tmp_path: Path) -> None:
    table, ledger = customers(4000), Ledger()
    declared = Learn(target="leaves", split=Split(folds=3), limits=Limits(time="5s"))
    first = find(table, declared, executor=processes, workers=2, ledger=ledger)
    assert first.clocked is not None
    assert first.clocked.decided
    # One worker in place of two: nothing but the ledger says how far to go.
    again = find(table, declared, executor=processes, ledger=Ledger(followed=written_and_read(ledger)))
    assert sealed(again, tmp_path / "again") == sealed(first, tmp_path / "first")
    assert (again.oof == first.oof).all()
    assert again.metrics == first.metrics


def test_a_number_with_limits_and_intervals_is_done_again_to_the_byte(find, customers, processes, tmp_path) -> None:
    table, ledger = customers(3000), Ledger()
    limits = Limits(time="6s", latency="2ms", memory="500MB", training_memory="6GB")
    declared = Learn(target="spent", split=Split(folds=2), limits=limits, coverage=0.9)
    first = find(table, declared, executor=processes, workers=2, ledger=ledger)
    again = find(table, declared, executor=processes, workers=2, ledger=Ledger(followed=written_and_read(ledger)))
    assert sealed(again, tmp_path / "again") == sealed(first, tmp_path / "first")


def test_where_nothing_is_said_of_the_clock_two_searches_come_to_the_same(find, customers, tmp_path: Path) -> None:
    declared = Learn(
        target="leaves", candidates=["linear", "decision_tree"], split=Split(folds=3), limits=Limits(time="60s")
    )
    one, other = (find(customers(), declared) for _ in range(2))
    assert one.clocked is not None
    assert not one.clocked.decided
    assert one.clocked.fits == 2 * 3 + sum(c.weight > 0 for c in one.candidates)
    assert (one.oof == other.oof).all()
    assert one.model.predict(customers(50, 3)) == other.model.predict(customers(50, 3))


def test_a_ledger_of_another_way_of_learning_is_refused(find, customers) -> None:
    declared = Learn(target="leaves", candidates=["linear"], split=Split(folds=3), limits=Limits(time="60s"))
    ledger = Ledger()
    find(customers(), declared, ledger=ledger)
    short = written_and_read(ledger)
    del short.told["seconds left 1"]
    with pytest.raises(LearnError, match="'seconds left 1'"):
        find(customers(), declared, ledger=Ledger(followed=short))
    deep = written_and_read(ledger)
    with pytest.raises(LearnError, match="the record has a fold 3, these rows make 2"):
        find(customers(), declared.model_copy(update={"split": Split(folds=2)}), ledger=Ledger(followed=deep))


def test_every_candidate_comes_back_from_plain_values() -> None:
    for entry in PORTFOLIO:
        learner = entry.learner()
        plain = plain_of(learner)
        assert plain is not None
        assert learner_of(json.loads(json.dumps(plain))) == learner


@pytest.mark.parametrize(
    "plain", [{}, {"kind": "os:system"}, {"kind": "linear", "odd": 1}, {"kind": "log_target", "name": "x"}, {"kind": []}]
)  # fmt: skip
def test_what_is_no_known_learner_is_not_run(plain: dict) -> None:
    with pytest.raises(LearnError):
        learner_of(plain)


@given(st.lists(st.floats(1, 100) | st.none(), max_size=30), st.integers(0, 40))
def test_a_work_that_follows_another_grants_the_same(afforded: list[float | None], ends: int) -> None:
    clock = iter(range(1000))

    def done(budget: Budget, over: Callable[[], bool]) -> list[float | bool]:
        return [
            budget.work.is_over(over) if units is None else budget.allowed(50.0, lambda u=units: u)
            for units in afforded
        ]

    first = Budget(0.0)
    told = done(first, lambda: next(clock) >= ends)
    again = Budget(0.0, 1, Work.from_dict(json.loads(json.dumps(first.work.to_dict()))).follows())
    assert done(again, lambda: pytest.fail("the clock was asked")) == told
    assert again.work == first.work
