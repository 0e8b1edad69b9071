"""Of the blends, that is chosen whose members can still be learned on all rows in the time left."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mainspring.model import Question
from mainspring.steps.learn.blend.select import BAGS, JUDGED
from mainspring.steps.learn.finish.blending import FEWEST_DRAWS, Blending, Shared
from mainspring.steps.learn.finish.finish import MARGIN, Finisher
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.learn.trial.refit import Refit

NUMBER = Goal(Question.NUMBER, "y", "rmse")


class Even:
    """Blends all there are; the best comes first in the alphabet."""

    def blend(self, names: Sequence[str], limit: float | None, shared: Shared) -> dict[str, float]:
        return dict.fromkeys(names, 1 / len(names))

    def best(self, names: Sequence[str], limit: float | None) -> dict[str, float]:
        return {min(names): 1.0}


class Timed(Finisher):
    """So many seconds are left."""

    left = 0.0

    def _left(self) -> float:
        return self.left


def chosen(seconds: Mapping[str, float], left: float, workers: int = 2, learned: Sequence[str] = ()) -> set[str]:
    """Who is to learn on all rows, of candidates that each take so many seconds there; some have ``learned`` before."""
    tries = {name: SimpleNamespace(again_seconds=value / MARGIN) for name, value in seconds.items()}
    terms = SimpleNamespace(workers=workers, ledger=Ledger(), limits=SimpleNamespace(latency=None))
    finisher = Timed(
        cast(Any, tries), cast(Any, None), NUMBER, cast(Any, terms), 1.0, Path(), 0.0, 0.0, None,
    )  # fmt: skip
    object.__setattr__(finisher, "left", left)
    object.__setattr__(finisher, "blending", Even())
    return set(finisher._selected({}, cast(Any, SimpleNamespace(learned=learned)), Shared({}, 0.0)))


@pytest.mark.parametrize("beside", [{}, {"b": 10.0}, {"b": 10.0, "c": 10.0, "d": 10.0}])
def test_the_slowest_may_be_pressed_where_nobody_waits_behind_it(beside: dict[str, float]) -> None:
    assert chosen({"slow": 100.0, **beside}, left=85.0) == {"slow", *beside}
    if beside:
        assert chosen({"slow": 100.0, **beside}, left=75.0) == {*beside}


def test_where_one_waits_behind_another_all_have_their_time() -> None:
    three = {"a": 100.0, "b": 90.0, "c": 20.0}
    assert chosen(three, left=110.0) == {"a", "b", "c"}
    assert chosen(three, left=105.0) == {"b", "c"}


def test_the_quickest_is_learned_whatever_is_left() -> None:
    assert chosen({"a": 100.0, "b": 10.0}, left=1.0) == {"b"}


def test_after_the_time_the_best_of_those_that_take_a_moment_is_learned() -> None:
    assert chosen({"best": 0.9, "cheapest": 0.01, "slow": 5.0}, left=0.0) == {"best"}


@pytest.mark.parametrize("left", [0.02, 0.5])
def test_just_before_it_those_that_take_a_moment_are_not_left_for_the_cheapest(left: float) -> None:
    assert chosen({"best": 0.9, "cheapest": 0.01, "slow": 5.0}, left=left) == {"best", "cheapest"}


def test_after_it_those_that_have_learned_are_blended_again() -> None:
    assert chosen({"a": 9.0, "b": 0.5, "c": 9.0}, left=0.0, learned=["a", "c"]) == {"a", "c"}


@pytest.mark.parametrize(("left", "bags"), [(100.0, BAGS), (5.0, 5), (0.0, FEWEST_DRAWS)])
def test_choosing_leaves_time_for_learning(left: float, bags: int) -> None:
    judge = SimpleNamespace(seconds=lambda rows: 5.0 / JUDGED)
    blending = Blending({}, cast(Any, judge), NUMBER, cast(Any, SimpleNamespace(ledger=Ledger())), lambda: left)
    assert blending._draws() == bags


class Told:
    """An executor that learns nothing and remembers how many seconds were given."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def submit(self, function: object, place: Path, learner: object, goal: Goal, budget: Budget, memory: object) -> Any:
        self.seconds.append(budget.seconds)
        future: Future[Any] = Future()
        future.set_exception(ValueError("learned nothing"))
        return future


@pytest.mark.parametrize(("late", "bag", "seconds"), [(5.0, 0, 1.0), (5.0, 1, 0.0), (-9.0, 0, 9.0)])
def test_a_first_fit_has_a_moment_however_late_it_is(tmp_path: Path, late: float, bag: int, seconds: float) -> None:
    executor = Told()
    terms = SimpleNamespace(executor=executor, ledger=Ledger(), limits=SimpleNamespace(time=60.0))
    refit = Refit(tmp_path, tmp_path, NUMBER, cast(Any, terms), time.monotonic() - late, None)
    refit._learn({"a": cast(Any, None)}, bag)
    assert executor.seconds == [pytest.approx(seconds, abs=0.2)]
    assert "learned nothing" in refit.failed["a"]
