"""The blend: never worse than the best candidate on the rows it is judged by, and within the latency."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.steps.learn.blend.select import DRAWN, MOST_CHEAP, MOST_MEMBERS, Room, bagged, select


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
    weights = select(answers, judge, Room(costs, limit))
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
    assert select(answers, judge, Room(costs)) == select(dict(reversed(answers.items())), judge, Room(costs))


def drawn_of(truth: np.ndarray):
    return lambda rows: judge_of(truth[rows])


@settings(max_examples=25, deadline=None)
@given(drawn=candidates(), share=st.none() | st.floats(0, 3), most=st.integers(1, 4), cheap=st.sampled_from([0.0, 1.5]))
def test_a_bagged_blend_is_never_worse_than_the_best_candidate_and_keeps_to_its_room(
    drawn, share: float | None, most: int, cheap: float
) -> None:
    truth, answers, costs = drawn
    judge = judge_of(truth)
    limit = None if share is None else max(costs.values()) + share
    weights = bagged(answers, judge, drawn_of(truth), Room(costs, limit, most, cheap))
    assert sum(weights.values()) == pytest.approx(1.0)
    assert min(weights.values()) > 0
    spent = sum(costs[name] for name in weights)
    assert len(weights) <= most or (len(weights) <= MOST_CHEAP and spent <= cheap + 1e-12)
    assert limit is None or spent <= limit + 1e-12
    blended = np.sum([answers[name] * weight for name, weight in weights.items()], axis=0)
    assert judge(blended) >= max(judge(answer) for answer in answers.values()) - 1e-12
    others = dict(reversed(answers.items()))
    assert bagged(others, judge, drawn_of(truth), Room(costs, limit, most, cheap)) == weights


def test_of_many_candidates_on_few_rows_a_bagged_blend_is_better_on_other_rows() -> None:
    """A fifth of forty candidates are somewhat better; on sixty rows chance tells as much of them as that does."""

    def error(choose, seed: int) -> float:
        dice = np.random.default_rng(seed)
        truths, shared = ([dice.normal(size=rows) for rows in (60, 2000)] for _ in range(2))
        noise = {str(i): 0.8 if i < 8 else 1.0 for i in range(40)}
        answers, unseen = (
            {n: (t + 0.7 * s + dice.normal(size=len(t)) * own)[:, None] for n, own in noise.items()}
            for t, s in zip(truths, shared, strict=True)
        )
        weights = choose(answers, truths[0], Room(dict.fromkeys(noise, 0.001), cheap=1.0))
        blend = np.sum([unseen[name] * weight for name, weight in weights.items()], axis=0)
        return -judge_of(truths[1])(blend)

    greedy = [error(lambda a, t, room: select(a, judge_of(t), room), seed) for seed in range(12)]
    robust = [error(lambda a, t, room: bagged(a, judge_of(t), drawn_of(t), room), seed) for seed in range(12)]
    assert np.mean(robust) < np.mean(greedy)
    assert sum(one < other for one, other in zip(robust, greedy, strict=True)) > 6


def test_where_one_is_clearly_best_it_is_taken_alone() -> None:
    dice = np.random.default_rng(0)
    truth = dice.normal(size=400)
    answers = {"far": (truth + dice.normal(size=400))[:, None], "near": (truth + dice.normal(size=400) * 0.01)[:, None]}
    room = Room({"far": 0.1, "near": 0.1})
    assert bagged(answers, judge_of(truth), drawn_of(truth), room) == {"near": 1.0}


def test_of_many_rows_a_bag_draws_as_many_as_suffice() -> None:
    dice = np.random.default_rng(0)
    truth = dice.normal(size=2 * DRAWN)
    answers = {name: (truth + dice.normal(size=2 * DRAWN))[:, None] for name in "ab"}
    drawn: list[np.ndarray] = []

    def judge_drawn(rows: np.ndarray):
        drawn.append(rows)
        return judge_of(truth[rows])

    weights = bagged(answers, judge_of(truth), judge_drawn, Room({"a": 0.1, "b": 0.1}))
    assert weights == pytest.approx({"a": 0.5, "b": 0.5}, abs=0.1)
    assert {len(rows) for rows in drawn} == {DRAWN}
    assert np.concatenate(drawn).max() > 1.99 * DRAWN


def test_two_that_err_in_opposite_ways_are_blended() -> None:
    truth = np.linspace(0, 1, 50)
    error = np.where(np.arange(50) % 2, 0.1, -0.1)
    answers = {"high": (truth + error)[:, None], "low": (truth - error)[:, None]}
    assert select(answers, judge_of(truth), Room({"high": 1, "low": 1})) == {"high": 0.5, "low": 0.5}
    assert len(select(answers, judge_of(truth), Room({"high": 1, "low": 1}, 1.5))) == 1


def test_of_equals_the_faster_is_taken_alone() -> None:
    truth = np.linspace(0, 1, 50)
    answers = {"slow": truth[:, None], "fast": truth[:, None]}
    assert select(answers, judge_of(truth), Room({"slow": 2.0, "fast": 1.0})) == {"fast": 1.0}


def test_what_cannot_be_judged_does_not_spoil_the_rest() -> None:
    truth = np.linspace(0, 1, 50)
    answers = {"good": truth[:, None], "odd": np.full((50, 1), 1e200)}
    with np.errstate(over="ignore"):
        weights = select(answers, lambda a: max(judge_of(truth)(a), -np.inf), Room({"good": 1.0, "odd": 1.0}))
    assert weights == {"good": 1.0}
