"""Looking after every outcome, a challenger that is no better is promoted in at most one of twenty worlds, and a better one soon."""

import numpy as np
import pytest

from mainspring.measure.confidence_sequence import between, confidence_sequence

RUNS, LENGTH, AT_LEAST = 2000, 1500, 100
GAINS = np.array([[0.0, -100.0], [-20.0, 120.0]])
"""Doing nothing and acting, about those who stay and those who leave."""


def promoted(low: np.ndarray) -> float:
    return float((low[:, AT_LEAST:] > 0).any(axis=1).mean())


def shadows(dice: np.random.Generator, better: float) -> np.ndarray:
    """What a challenger earns over the champion: they differ about a fifth, and its share of right ones there is a half and ``better``."""
    shape = (RUNS, LENGTH)
    differ, leaves, right = dice.random(shape) < 0.2, dice.random(shape) < 0.5, dice.random(shape) < 0.5 + better
    gained = np.where(leaves, GAINS[1, 1] - GAINS[0, 1], GAINS[0, 0] - GAINS[1, 0])
    return np.where(differ, np.where(right, gained, -gained), 0.0)


def arms(dice: np.random.Generator, better: float, share: float = 0.3) -> np.ndarray:
    """The lower end after each outcome of a canary with this share, whose arms are right in six of ten cases and ``better``."""

    def earned(rate: float) -> np.ndarray:
        leaves, right = dice.random((RUNS, LENGTH)) < 0.5, dice.random((RUNS, LENGTH)) < rate
        acts = leaves == right
        return GAINS[acts.astype(int), leaves.astype(int)]

    ours, theirs = (confidence_sequence(earned(rate), -100.0, 120.0, 0.025) for rate in (0.6 + better, 0.6))
    turn = np.cumsum(dice.random(LENGTH) < share)
    one, other = np.maximum(turn, 1) - 1, np.maximum(np.arange(1, LENGTH + 1) - turn, 1) - 1
    return ours.low[:, one] - theirs.high[:, other]


def test_a_shadow_that_is_no_better_is_seldom_promoted() -> None:
    low = confidence_sequence(shadows(np.random.default_rng(1), 0.0), -220.0, 220.0).low
    assert promoted(low) <= 0.05


def test_a_canary_that_is_no_better_is_seldom_promoted() -> None:
    assert promoted(arms(np.random.default_rng(2), 0.0)) <= 0.05


def test_a_worse_one_is_never_promoted_and_soon_known() -> None:
    band = confidence_sequence(shadows(np.random.default_rng(3), -0.3), -220.0, 220.0)
    assert promoted(band.low) < 0.001
    assert (band.high[:, -1] < 0).mean() > 0.9


def test_a_better_one_is_promoted() -> None:
    low = confidence_sequence(shadows(np.random.default_rng(4), 0.3), -220.0, 220.0).low
    assert promoted(low) > 0.9
    assert promoted(arms(np.random.default_rng(5), 0.4)) > 0.9


def test_an_interval_of_a_fixed_sample_would_err_when_one_keeps_looking() -> None:
    values = shadows(np.random.default_rng(6), 0.0)
    n = np.arange(1, LENGTH + 1)
    mean = np.cumsum(values, axis=1) / n
    error = np.sqrt((np.cumsum(values**2, axis=1) / n - mean**2) / n)
    assert promoted(mean - 1.96 * error) > 0.05


def test_two_streams_are_compared_as_their_sequences_are() -> None:
    dice = np.random.default_rng(7)
    ours, theirs = dice.random(400), dice.random(900)
    one, other = confidence_sequence(ours, 0, 1, 0.025), confidence_sequence(theirs, 0, 1, 0.025)
    assert between(ours, theirs, 0, 1) == (one.low[-1] - other.high[-1], one.high[-1] - other.low[-1])
    with pytest.raises(ValueError, match="nothing"):
        between(np.empty(0), theirs, 0, 1)
