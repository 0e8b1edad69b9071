"""The blend: never worse than the best candidate on the rows it is judged by, and within the latency."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.steps.learn.blend.select import MOST_MEMBERS, select


def judge_of(truth: np.ndarray):
    return lambda answers: -float(np.mean((answers[:, 0] - truth) ** 2))


@st.composite
def candidates(draw: st.DrawFn):
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = dice.normal(size=draw(st.integers(3, 50)))
    names = "abcdefg"[: draw(st.integers(1, 7))]
    answers = {n: (truth + dice.normal(size=len(truth)) * dice.random() * 2)[:, None] for n in names}
    return truth, answers, {n: float(dice.random() + 0.01) for n in names}


@given(drawn=candidates(), share=st.none() | st.floats(0, 3))
def test_the_blend_is_never_worse_than_its_best_member_and_keeps_the_latency(drawn, share: float | None) -> None:
    truth, answers, costs = drawn
    judge = judge_of(truth)
    limit = None if share is None else max(costs.values()) + share
    weights = select(answers, judge, costs, limit)
    assert sum(weights.values()) == pytest.approx(1.0)
    assert min(weights.values()) > 0
    assert len(weights) <= MOST_MEMBERS
    blended = np.sum([answers[name] * weight for name, weight in weights.items()], axis=0)
    assert judge(blended) >= max(judge(answer) for answer in answers.values()) - 1e-12
    assert limit is None or sum(costs[name] for name in weights) <= limit + 1e-12


@given(drawn=candidates())
def test_the_same_candidates_make_the_same_blend(drawn) -> None:
    truth, answers, costs = drawn
    judge = judge_of(truth)
    assert select(answers, judge, costs, None) == select(dict(reversed(answers.items())), judge, costs, None)


def test_two_that_err_in_opposite_ways_are_blended() -> None:
    truth = np.linspace(0, 1, 50)
    error = np.where(np.arange(50) % 2, 0.1, -0.1)
    answers = {"high": (truth + error)[:, None], "low": (truth - error)[:, None]}
    assert select(answers, judge_of(truth), {"high": 1, "low": 1}, None) == {"high": 0.5, "low": 0.5}
    assert len(select(answers, judge_of(truth), {"high": 1, "low": 1}, 1.5)) == 1


def test_of_equals_the_faster_is_taken_alone() -> None:
    truth = np.linspace(0, 1, 50)
    answers = {"slow": truth[:, None], "fast": truth[:, None]}
    assert select(answers, judge_of(truth), {"slow": 2.0, "fast": 1.0}, None) == {"fast": 1.0}


def test_what_cannot_be_judged_does_not_spoil_the_rest() -> None:
    truth = np.linspace(0, 1, 50)
    answers = {"good": truth[:, None], "odd": np.full((50, 1), 1e200)}
    with np.errstate(over="ignore"):
        weights = select(answers, lambda a: max(judge_of(truth)(a), -np.inf), {"good": 1.0, "odd": 1.0}, None)
    assert weights == {"good": 1.0}
