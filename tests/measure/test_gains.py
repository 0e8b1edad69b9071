"""Gains: one formula for choosing, deciding and counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.errors import SpecError
from mainspring.measure.gains import PLATEAU, Gains, baselines, best_threshold, profit_by_share

RETENTION = Gains.of(
    {"true_positive": 120, "false_positive": -20, "false_negative": -100}, ["No", "Yes"], "Yes", "offer"
)
MONEY = st.floats(-1000, 1000).map(lambda money: round(money, 2))


@st.composite
def rows(draw: st.DrawFn, most: int = 60):
    count = draw(st.integers(1, most))
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    probability = np.round(dice.random(count), draw(st.integers(1, 8)))
    return dice.integers(0, 2, count), probability


def earned(truth, probability, gains: Gains, threshold: float, positive: int = 1) -> float:
    return float(gains.realised((probability >= threshold).astype(int), truth).mean())


def test_outcomes_become_a_matrix_of_actions_and_classes() -> None:
    assert RETENTION.actions == ("none", "offer")
    assert RETENTION.matrix == ((0.0, -100.0), (-20.0, 120.0))


def test_the_positive_class_may_be_the_first() -> None:
    turned = Gains.of({"true_positive": 120, "false_positive": -20, "false_negative": -100}, ["a", "b"], "a", "offer")
    assert turned.matrix == ((-100.0, 0.0), (120.0, -20.0))
    assert turned.break_even(0) == RETENTION.break_even(1)


def test_several_actions_each_with_gains_a_class() -> None:
    gains = Gains.of({"call": {"leaves": 50, "stays": -30}, "mail": {"leaves": 10}}, ["leaves", "stays"], None, "call")
    assert gains.actions == ("none", "call", "mail")
    assert gains.best_actions(np.array([[0.9, 0.1], [0.3, 0.7], [0.0, 1.0]])).tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("classes", "names"), [((False, True), ("false", "true")), ((0, 1), ("0", "1")), ((0.0, 1.0), ("0", "1"))]
)
def test_classes_may_be_written_as_yaml_writes_them(classes: tuple, names: tuple[str, str]) -> None:
    gains = Gains.of({"call": dict(zip(names, (-1, 5), strict=True))}, classes, classes[1], "call")
    assert gains.matrix == ((0.0, 0.0), (-1.0, 5.0))


def test_an_unknown_class_is_named_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean 'leaves'"):
        Gains.of({"call": {"leavs": 50}}, ["leaves", "stays"], None, "call")


def test_outcomes_need_two_classes() -> None:
    with pytest.raises(SpecError, match="two classes"):
        Gains.of({"true_positive": 1}, ["a", "b", "c"], None, "offer")


@given(hit=MONEY, false_alarm=MONEY, miss=MONEY, rest=MONEY)
def test_break_even_is_where_acting_and_resting_expect_the_same(hit, false_alarm, miss, rest) -> None:
    declared = {"true_positive": hit, "false_positive": false_alarm, "false_negative": miss, "true_negative": rest}
    gains = Gains.of(declared, ["no", "yes"], "yes", "offer")
    even = gains.break_even(1)
    if not (hit > miss and rest > false_alarm):
        assert even is None
        return
    assert even == pytest.approx((rest - false_alarm) / (hit - miss + rest - false_alarm))
    resting, acting = gains.expected(np.array([[1 - even, even]]))[0]
    assert acting == pytest.approx(resting, abs=1e-6)


@given(data=rows(), hit=MONEY, false_alarm=MONEY, miss=MONEY, rest=MONEY)
def test_no_fixed_threshold_earns_more_than_the_plateau_allows(data, hit, false_alarm, miss, rest) -> None:
    truth, probability = data
    gains = Gains(("none", "offer"), ("no", "yes"), ((rest, miss), (false_alarm, hit)))
    found = best_threshold(truth, probability, gains, positive=1)
    assert earned(truth, probability, gains, found.value) == pytest.approx(found.profit, abs=1e-9)
    tried = [earned(truth, probability, gains, t) for t in (0.0, *probability, 1.1)]
    assert found.profit >= max(tried) - PLATEAU * (max(tried) - min(tried)) - 1e-9


@given(data=rows())
def test_with_clear_classes_the_threshold_is_the_break_even(data) -> None:
    truth = data[0]
    found = best_threshold(truth, truth * 0.9 + 0.05, RETENTION, positive=1)
    assert found.value == RETENTION.break_even(1) == pytest.approx(1 / 12)


def test_where_acting_always_pays_everybody_is_acted_on() -> None:
    always = Gains(("none", "offer"), ("no", "yes"), ((0, 0), (1, 2)))
    assert best_threshold(np.array([0, 1, 0]), np.array([0.4, 0.5, 0.6]), always, positive=1).value == 0.0


def test_where_acting_never_pays_nobody_is_acted_on() -> None:
    never = Gains(("none", "offer"), ("no", "yes"), ((0, 0), (-1, -2)))
    assert best_threshold(np.array([0, 1]), np.array([0.4, 1.0]), never, positive=1).value > 1.0


def test_neighbouring_probabilities_are_told_apart() -> None:
    low = 0.5
    high = np.nextafter(low, 1)
    truth, probability = np.array([0, 1] * 50), np.array([low, high] * 50)
    found = best_threshold(truth, probability, Gains(("none", "x"), ("n", "y"), ((0, 0), (-9, 1))), positive=1)
    assert found.profit == 0.5
    assert (probability >= found.value).sum() == 50


def test_what_is_expected_is_realised_on_average() -> None:
    dice = np.random.default_rng(0)
    probability = dice.random(200_000)
    truth = (dice.random(200_000) < probability).astype(int)
    chances = np.column_stack([1 - probability, probability])
    actions = RETENTION.best_actions(chances)
    expected = RETENTION.expected(chances)[np.arange(len(truth)), actions].mean()
    assert RETENTION.realised(actions, truth).mean() == pytest.approx(expected, abs=0.5)


@given(data=rows())
def test_the_curve_of_shares_runs_from_nobody_to_everybody(data) -> None:
    truth, probability = data
    curve, simple = profit_by_share(truth, probability, RETENTION), baselines(truth, probability, RETENTION)
    assert curve[0] == (0.0, simple["nobody"][1])
    assert curve[-1] == (1.0, pytest.approx(simple["everybody"][1]))
    assert simple["top_decile"][0] == -(-len(truth) // 10)
    assert [share for share, _ in curve] == sorted(share for share, _ in curve)
