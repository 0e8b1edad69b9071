"""Confidence sequences: intervals for a mean that hold at every moment at once, so that looking early and often does no harm.

An interval of a fixed sample errs more often the more often one looks; a sequence errs with the declared probability *ever*.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ERROR = 0.05
BOLDEST = 0.5
"""The largest bet, as a share of what would ruin; Waudby-Smith & Ramdas recommend 1/2 or 3/4."""


@dataclass(frozen=True, slots=True)
class Band:
    """Where the mean lies, after each value: ``low`` and ``high`` (…, n), and its ``estimate`` (…, n)."""

    low: Floats
    high: Floats
    estimate: Floats


def confidence_sequence(values: Floats, lowest: float, highest: float, error: float = ERROR) -> Band:
    """The predictable plug-in empirical-Bernstein sequence (Waudby-Smith & Ramdas 2024, theorem 2) along the last axis of (…, n) values.

    They must lie within ``lowest`` and ``highest``, which must be known beforehand. With probability 1 - ``error`` the mean lies within
    all n intervals, if every value has the same mean given those before it. Intervals never widen: each is cut with those before.

    Raises:
        ValueError: a value lies outside, or the bounds are not in order.
    """
    if not lowest < highest:
        raise ValueError("the lowest value must be below the highest")
    if values.size and not (values.min() >= lowest and values.max() <= highest):
        raise ValueError("a value lies outside its bounds")
    if not values.shape[-1]:
        return Band(values, values, values)
    x = (values - lowest) / (highest - lowest)
    t = np.arange(1, x.shape[-1] + 1, dtype=np.float64)
    mean = (0.5 + np.cumsum(x, axis=-1)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2, axis=-1)) / (t + 1)
    # What is bet on a value must not know it: everything of the moment before.
    before = _shifted(variance, 0.25)
    bet = np.minimum(np.sqrt(2 * math.log(2 / error) / (before * t * np.log(t + 1))), BOLDEST)
    surprise = (x - _shifted(mean, 0.5)) ** 2
    cost = np.cumsum(4 * surprise * ((-np.log1p(-bet) - bet) / 4), axis=-1)
    staked = np.cumsum(bet, axis=-1)
    center = np.cumsum(bet * x, axis=-1) / staked
    width = (math.log(2 / error) + cost) / staked
    low = np.maximum.accumulate(np.clip(center - width, 0.0, 1.0), axis=-1)
    high = np.minimum.accumulate(np.clip(center + width, 0.0, 1.0), axis=-1)
    span = highest - lowest
    return Band(lowest + span * low, lowest + span * high, lowest + span * np.cumsum(x, axis=-1) / t)


def between(ours: Floats, theirs: Floats, lowest: float, highest: float, error: float = ERROR) -> tuple[float, float]:
    """Within what the mean of one stream (n) lies over that of another (m), whenever one looks: each has half of the error.

    Raises:
        ValueError: as :func:`confidence_sequence`, or a stream is empty.
    """
    if not len(ours) or not len(theirs):
        raise ValueError("there is nothing to compare")
    one, other = (confidence_sequence(values, lowest, highest, error / 2) for values in (ours, theirs))
    return float(one.low[-1] - other.high[-1]), float(one.high[-1] - other.low[-1])


def _shifted(values: Floats, first: float) -> Floats:
    """Each place holds what stood before it."""
    out = np.empty_like(values)
    out[..., 0] = first
    out[..., 1:] = values[..., :-1]
    return out
