"""When not all can be done, what gains most is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.decision import Decision
from mainspring.errors import DecideError
from mainspring.steps.decide.capacity import limit_to

PLAIN = Decision("0", "a", None, "offer", datetime(2026, 12, 1, tzinfo=UTC), {})
GAINS = st.lists(st.none() | st.floats(0.01, 100), max_size=20)


def decisions(gains: list[float | None]) -> list[Decision]:
    return [replace(PLAIN, id=str(i), gain=gain) for i, gain in enumerate(gains)]


@given(GAINS, st.integers(0, 25))
def test_those_that_gain_most_act(gains: list[float | None], granted: int) -> None:
    made = decisions(gains)
    kept = limit_to(made, granted)
    assert [d.id for d in kept] == [d.id for d in made]
    acting = [d for d in kept if d.acts]
    assert len(acting) == min(granted, len(made))
    least = min((d.gain or 0.0 for d in acting), default=0.0)
    assert all((made[i].gain or 0.0) <= least for i, d in enumerate(kept) if not d.acts and acting)


def test_of_equals_the_first_acts() -> None:
    assert [d.acts for d in limit_to(decisions([1.0, 1.0, 1.0]), 2)] == [True, True, False]


def test_who_rests_says_why_and_gains_nothing() -> None:
    rested = limit_to(decisions([1.0, 5.0]), 1)[0]
    assert (rested.action, rested.gain) == ("none", 0.0)
    assert [(r.kind, r.text) for r in rested.reasons] == [("capacity", "the capacity of this period is used up")]


def test_those_that_do_nothing_use_no_capacity() -> None:
    resting = replace(PLAIN, action="none", gain=0.0)
    assert limit_to([resting, PLAIN, resting], 1) == [resting, PLAIN, resting]


def test_a_capacity_cannot_be_negative() -> None:
    with pytest.raises(DecideError):
        limit_to([], -1)
