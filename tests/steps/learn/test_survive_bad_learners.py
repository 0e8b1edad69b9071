"""A learner that goes wrong costs itself, with the reason; the rest goes on, and the time is kept."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from wayward_learners import Wayward

from mainspring.automation.learn import Learn, Limits, Split
from mainspring.errors import LearnError

DECLARED = Learn(
    target="leaves", candidates=["linear", "decision_tree"], exclude=["spent"], split=Split(folds=3),
    limits=Limits(time="60s"),
)  # fmt: skip


def reasons(found) -> dict[str, str]:
    return {c.name: c.why_not for c in found.candidates if c.why_not}


def assert_stopped(found) -> None:
    """It was stopped, not waited for; how exactly the clock was kept is for the benchmarks."""
    time_kept = next(k for k in found.kept if k.limit == "time")
    assert time_kept.measured < 3 * time_kept.declared


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("raise", "ZeroDivisionError: divided by nothing"),
        ("refuse", "this data is not for me"),
        ("nan", "its answers are not finite"),
    ],
)
def test_what_it_throws_is_its_reason(find, customers, does: str, reason: str) -> None:
    found = find(customers(), DECLARED, learners=(Wayward("wayward", does),))
    assert reasons(found) == {"wayward": reason}
    assert found.metrics["roc_auc"] > 0.7


def test_one_that_wants_more_time_is_asked_once_more(find, customers, tmp_path) -> None:
    found = find(customers(), DECLARED, learners=(Wayward("wants", "want once", trace=tmp_path / "trace"),))
    assert reasons(found) == {}
    assert next(c for c in found.candidates if c.name == "wants").folds == 3
    found = find(customers(), DECLARED, learners=(Wayward("wants", "want"),))
    assert reasons(found) == {"wants": "it wants more time"}


def test_one_that_fails_on_all_rows_only_is_replaced(find, customers) -> None:
    only = DECLARED.model_copy(update={"candidates": ["decision_tree"]})
    found = find(customers(), only, learners=(Wayward("late", "late"),))
    assert reasons(found) == {"late": "on all rows: MemoryError: not enough for all rows"}
    assert found.model.card.notes == ("decision_tree × 1.00",)


@pytest.mark.slow
def test_one_that_dies_on_all_rows_takes_no_other_with_it(find, customers, processes) -> None:
    found = find(customers(), DECLARED, executor=processes, learners=(Wayward("late", "die late"),))
    assert reasons(found).keys() <= {"late"}
    assert all("late" not in note for note in found.model.card.notes)
    only = DECLARED.model_copy(update={"candidates": ["decision_tree"]})
    found = find(customers(), only, executor=processes, learners=(Wayward("late", "die late"),))
    assert reasons(found) == {"late": "on all rows: its process died: out of memory, or killed"}


def test_one_that_runs_out_of_time_on_all_rows_says_so(find, customers) -> None:
    short = DECLARED.model_copy(update={"candidates": ["least_squares"], "limits": Limits(time="20s")})
    found = find(customers(), short, learners=(Wayward("dawdles", "dawdle"),))
    assert "dawdles ran out of time on all rows: more may do better" in found.model.card.notes
    assert_stopped(found)


def test_where_all_fail_all_reasons_are_told(find, customers) -> None:
    only = DECLARED.model_copy(update={"candidates": ["least_squares"]})
    with pytest.raises(LearnError, match=r"one: ZeroDivisionError.*two: this data is not for me"):
        find(customers(), only, learners=(Wayward("one", "raise"), Wayward("two", "refuse")))


@pytest.mark.slow
def test_a_worker_that_cannot_be_ended_is_given_up(find, customers) -> None:
    short = DECLARED.model_copy(update={"limits": Limits(time="8s")})
    with ThreadPoolExecutor(4) as threads:
        found = find(customers(), short, executor=threads, learners=(Wayward("hangs", "hang", 25.0),), workers=4)
    assert reasons(found)["hangs"] == "it did not stop when its time was up"


@pytest.mark.slow
def test_a_dying_worker_costs_its_own_learner_only(find, customers, processes) -> None:
    bad = (Wayward("dies", "die"), Wayward("also dies", "die"))
    found = find(customers(), DECLARED, executor=processes, learners=bad)
    assert reasons(found) == dict.fromkeys(("dies", "also dies"), "its process died: out of memory, or killed")
    assert processes.submit(abs, -1).result() == 1


@pytest.mark.slow
def test_one_that_ignores_its_deadline_is_ended_and_the_time_kept(find, customers, processes) -> None:
    processes.submit(abs, -1).result()
    short = DECLARED.model_copy(update={"limits": Limits(time="60s")})
    began = time.monotonic()
    found = find(customers(), short, executor=processes, learners=(Wayward("hangs", "hang"),))
    assert reasons(found) == {"hangs": "it did not stop when its time was up"}
    assert_stopped(found)
    assert time.monotonic() - began < 90
    assert processes.submit(abs, -1).result() == 1


@pytest.mark.slow
def test_one_that_was_ended_because_it_was_late_is_asked_once_more(find, customers, processes, tmp_path) -> None:
    processes.submit(abs, -1).result()
    trace = tmp_path / "was here"
    many = ["linear", "decision_tree", "random_forest", "extra_trees", "knn"]
    declared = DECLARED.model_copy(update={"limits": Limits(time="90s"), "candidates": many})
    found = find(customers(), declared, executor=processes, learners=(Wayward("slow", "hang once", trace=trace),))
    assert trace.exists()
    assert reasons(found) == {}
    assert next(c for c in found.candidates if c.name == "slow").folds == 3


@pytest.mark.slow
def test_a_slow_one_that_minds_its_deadline_leaves_time_for_the_rest(find, customers, processes) -> None:
    short = DECLARED.model_copy(update={"limits": Limits(time="20s")})
    found = find(customers(), short, executor=processes, learners=(Wayward("slow", "obey"),))
    assert reasons(found) == {}
    assert_stopped(found)


@pytest.mark.slow
def test_one_that_eats_memory_is_ended_alone(find, customers, processes) -> None:
    tight = DECLARED.model_copy(update={"limits": Limits(time="60s", training_memory="2500MB")})
    found = find(customers(), tight, executor=processes, workers=2, learners=(Wayward("eats", "eat"),))
    assert reasons(found).keys() == {"eats"}
    assert "MB of memory" in reasons(found)["eats"]
    kept = next(k for k in found.kept if k.limit == "training_memory")
    assert kept.measured > 0


def test_of_a_second_something_sensible_comes_back(find, customers) -> None:
    hasty = DECLARED.model_copy(update={"limits": Limits(time="1s")})
    found = find(customers(2000), hasty)
    assert found.metrics["roc_auc"] > 0.7
    assert found.model.predict(customers(5)).num_rows == 5


@pytest.mark.slow
def test_whoever_stalls_on_all_rows_does_not_take_the_others_with_it(find, customers, processes) -> None:
    short = DECLARED.model_copy(update={"limits": Limits(time="10s"), "candidates": ["decision_tree"]})
    found = find(customers(), short, executor=processes, workers=2, learners=(Wayward("stalls", "stall"),))
    assert reasons(found)["stalls"] == "on all rows: it did not stop when its time was up"
    assert found.model.predict(customers().slice(0, 2)).num_rows == 2
