"""What another policy would have earned: against worlds in which it is known."""

import numpy as np
import pytest

from mainspring.measure.offpolicy import Logged, always, chosen, doubly_robust, improvement, ips, snips

EXPLORE = 0.1
ESTIMATORS = [ips, snips, doubly_robust]


def world(dice: np.random.Generator, count: int, *, wrong: float = 0.0) -> tuple[Logged, np.ndarray]:
    """Situations with three actions; what each would bring (n × 3) is known here only. ``wrong`` spoils the model's expectation."""
    situation = dice.normal(size=count)
    means = np.column_stack([np.zeros(count), situation, 1.0 - situation])
    rewards = means + dice.normal(size=means.shape)
    usual = np.argmax(means + 0.5, axis=1) if wrong else np.where(situation > 0.2, 1, 0)
    taken = np.where(dice.random(count) < EXPLORE, dice.integers(0, 3, count), usual)
    propensities = np.where(taken == usual, 1 - EXPLORE + EXPLORE / 3, EXPLORE / 3)
    earned = rewards[np.arange(count), taken]
    return Logged(taken, propensities, earned, means + wrong * situation[:, None] ** 2), rewards


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("wrong", [0.0, 1.5])
def test_intervals_hold_what_really_would_have_been_earned(estimator, wrong: float) -> None:
    dice, held = np.random.default_rng(5), 0
    for _ in range(200):
        logged, _ = world(dice, 1500, wrong=wrong)
        held += (found := estimator(logged, always(2, 1500, 3))).low <= 1.0 <= found.high
    assert held / 200 > 0.88


def test_a_good_model_calms_and_a_bad_one_does_not_mislead() -> None:
    dice = np.random.default_rng(6)
    good, bad = (
        [doubly_robust(world(dice, 1500, wrong=w)[0], always(2, 1500, 3)) for _ in range(60)] for w in (0.0, 1.5)
    )
    plain = [ips(world(dice, 1500)[0], always(2, 1500, 3)) for _ in range(60)]
    assert np.mean([e.high - e.low for e in good]) < 0.8 * np.mean([e.high - e.low for e in plain])
    assert abs(np.mean([e.value for e in bad]) - 1.0) < 0.2


def test_the_policy_that_decided_earns_what_it_earned() -> None:
    logged, _ = world(np.random.default_rng(7), 1000)
    never = Logged(logged.actions, np.ones(1000), logged.rewards, logged.expected)
    for estimator in ESTIMATORS:
        assert estimator(never, chosen(logged.actions, 3)).value == pytest.approx(logged.rewards.mean())


def test_an_improvement_is_told_over_what_was_earned() -> None:
    dice, held = np.random.default_rng(8), 0
    for _ in range(200):
        logged, _ = world(dice, 1500)
        better = improvement(logged, always(2, 1500, 3))
        held += better.low <= 1.0 - logged.rewards.mean() <= better.high
        assert better.value == pytest.approx(doubly_robust(logged, always(2, 1500, 3)).value - logged.rewards.mean())
    assert held / 200 > 0.88


def test_where_nothing_like_it_was_tried_nothing_is_claimed() -> None:
    logged = Logged(np.zeros(5, int), np.ones(5), np.ones(5), np.zeros((5, 2)))
    assert np.isnan(snips(logged, always(1, 5, 2)).value)
    assert snips(logged, always(1, 5, 2)).effective == 0.0


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_for_an_interval(count: int) -> None:
    logged = Logged(np.zeros(count, int), np.ones(count), np.ones(count), np.zeros((count, 2)))
    assert all(np.isnan(estimator(logged, always(0, count, 2)).low) for estimator in (ips, doubly_robust))


@pytest.mark.parametrize("propensity", [0.0, -0.1, 1.1])
def test_a_propensity_that_is_none_is_refused(propensity: float) -> None:
    with pytest.raises(ValueError, match="propensity"):
        Logged(np.zeros(1, int), np.array([propensity]), np.ones(1), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="lengths"):
        Logged(np.zeros(2, int), np.ones(1), np.ones(1), np.zeros((1, 2)))
