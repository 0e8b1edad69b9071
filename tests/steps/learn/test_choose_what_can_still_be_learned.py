"""Of the blends, that is chosen whose members can still be learned on all rows in the time left."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mainspring.model import Question
from mainspring.steps.learn.blend.select import Room
from mainspring.steps.learn.finish import MARGIN, Finisher
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.learn.trial.refit import Refit


class Even(Finisher):
    """Blends all there are; so many seconds are left."""

    left = 0.0

    def _blended(self, names: Sequence[str], limit: float | None, preparing: float) -> dict[str, float]:
        return dict.fromkeys(names, 1 / len(names))

    def _left(self, refit: Refit) -> float:
        return self.left

    def _rows(self, names: Sequence[str], quantile: str) -> dict[str, float]:
        return dict.fromkeys(names, 0.1)

    def _chosen(self, names: Sequence[str], room: Room) -> dict[str, float]:
        return {min(names): 1.0}


def chosen(seconds: Mapping[str, float], left: float, workers: int = 2, learned: Sequence[str] = ()) -> set[str]:
    """Who is to learn on all rows, of candidates that each take so many seconds there; some have ``learned`` before."""
    tries = {name: SimpleNamespace(again_seconds=value / MARGIN) for name, value in seconds.items()}
    terms = SimpleNamespace(workers=workers, ledger=Ledger(), limits=SimpleNamespace(latency=None))
    finisher = Even(
        cast(Any, tries), cast(Any, None), Goal(Question.NUMBER, "y", "rmse"), cast(Any, terms), 1.0, Path(), 0.0, 0.0, None,
    )  # fmt: skip
    object.__setattr__(finisher, "left", left)
    return set(finisher._selected({}, cast(Any, SimpleNamespace(learned=learned)), 0.0))


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
