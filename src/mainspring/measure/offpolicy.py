"""Off-policy: what another policy would have earned, told from what happened under the one that decided.

It needs that every action the other policy takes was possible: a share of decisions made at random, with the probabilities written
down. Actions are numbers below k; a policy is the probabilities (n × k) with which it takes each action in each of n situations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Z = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What was done: ``actions`` (n), the ``propensities`` (n) with which they were chosen, and the ``rewards`` (n) they brought.

    ``expected`` (n × k) is what a model expected of each action: any model that did not see these rewards.

    Raises:
        ValueError: the lengths differ, or a propensity is not a probability above zero.
    """

    actions: Ints
    propensities: Floats
    rewards: Floats
    expected: Floats

    def __post_init__(self) -> None:
        if not len(self.actions) == len(self.propensities) == len(self.rewards) == len(self.expected):
            raise ValueError("actions, propensities, rewards and expected have different lengths")
        if ((self.propensities <= 0) | (self.propensities > 1)).any():
            raise ValueError("a propensity is no probability above zero")


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean reward a situation with a 95 % interval. ``effective`` is how many situations the weights leave (Kish 1965)."""

    value: float
    low: float
    high: float
    effective: float

    def to_dict(self) -> Mapping[str, Any]:
        return {"value": self.value, "low": self.low, "high": self.high, "effective": self.effective}


def ips(logged: Logged, policy: Floats) -> Estimate:
    """Inverse propensity scoring (Horvitz & Thompson 1952): unbiased, but restless where propensities are small."""
    weights = _weights(logged, policy)
    return _estimate(weights * logged.rewards, weights)


def snips(logged: Logged, policy: Floats) -> Estimate:
    """Self-normalised (Swaminathan & Joachims 2015): a little biased, calmer, and never beyond the rewards there were."""
    weights = _weights(logged, policy)
    total = weights.sum()
    if not total:
        return Estimate(np.nan, np.nan, np.nan, 0.0)
    value = float((weights * logged.rewards).sum() / total)
    error = float(np.sqrt(((weights * (logged.rewards - value)) ** 2).sum()) / total)
    return Estimate(value, value - Z * error, value + Z * error, _effective(weights))


def doubly_robust(logged: Logged, policy: Floats) -> Estimate:
    """What the model expects, corrected by what it missed (Dudík, Langford & Li 2011): unbiased whatever the model, calm if it is good."""
    weights = _weights(logged, policy)
    return _estimate(_terms(logged, policy, weights), weights)


def improvement(logged: Logged, policy: Floats) -> Estimate:
    """By how much ``policy`` would have earned more than was earned, doubly robust and pairwise: what both do alike cancels out."""
    weights = _weights(logged, policy)
    return _estimate(_terms(logged, policy, weights) - logged.rewards, weights)


def always(action: int, situations: int, actions: int) -> Floats:
    """The policy that takes one action whatever the situation."""
    return chosen(np.full(situations, action, dtype=np.int64), actions)


def chosen(taken: Ints, actions: int) -> Floats:
    """The policy that takes just these actions (n)."""
    return np.eye(actions)[taken]


def _weights(logged: Logged, policy: Floats) -> Floats:
    return policy[np.arange(len(logged.actions)), logged.actions] / logged.propensities


def _terms(logged: Logged, policy: Floats, weights: Floats) -> Floats:
    foreseen = logged.expected[np.arange(len(logged.actions)), logged.actions]
    return (policy * logged.expected).sum(axis=1) + weights * (logged.rewards - foreseen)


def _estimate(terms: Floats, weights: Floats) -> Estimate:
    if len(terms) < 2:
        return Estimate(float(terms.mean()) if len(terms) else np.nan, np.nan, np.nan, _effective(weights))
    value, error = float(terms.mean()), float(terms.std(ddof=1) / np.sqrt(len(terms)))
    return Estimate(value, value - Z * error, value + Z * error, _effective(weights))


def _effective(weights: Floats) -> float:
    squares = float((weights**2).sum())
    return float(weights.sum() ** 2 / squares) if squares else 0.0
