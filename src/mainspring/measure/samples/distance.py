"""Distance: how far two sets of counts over the same bins lie apart, and how surely they are not of one world."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, kolmogorov

Counts = npt.NDArray[np.int64]

LEAST_EXPECTED = 5.0
"""Cochran (1954): bins that expect fewer are pooled, or the χ² distribution does not hold."""


class Test(NamedTuple):
    """A ``statistic``, and the probability ``p`` of one at least as large where both are of one world."""

    __test__ = False  # pytest would collect it by its name
    statistic: float
    p: float


def psi(before: Counts, now: Counts) -> float:
    """Population stability index (Siddiqi 2006): the symmetric Kullback–Leibler divergence in nats; half a row is added to each bin."""
    a, b = _shares(before + 0.5), _shares(now + 0.5)
    return float(((b - a) * np.log(b / a)).sum())


def jensen_shannon(before: Counts, now: Counts) -> float:
    """Jensen–Shannon distance in [0, 1] (Lin 1991; Endres & Schindelin 2003), less what two samples of one world lie apart by chance.

    The expected divergence of two samples of n and m rows in k bins is about (k − 1)(1/n + 1/m) / (8 ln 2) bits (Grosse et al. 2002).
    """
    return float(jensen_shannon_each(before[None], now[None])[0])


def jensen_shannon_each(before: Counts, now: Counts) -> npt.NDArray[np.float64]:
    """:func:`jensen_shannon` of many pairs of counts (pairs × bins) over the same bins, as (pairs)."""
    n, m = (np.maximum(counts.sum(axis=1), 1).astype(float) for counts in (before, now))
    a, b = before / n[:, None], now / m[:, None]
    middle = (a + b) / 2
    bits = (_divergence(a, middle) + _divergence(b, middle)) / 2
    chance = (np.maximum((middle > 0).sum(axis=1), 1) - 1) * (1 / n + 1 / m) / (8 * np.log(2))
    found = np.sqrt(np.clip(bits - chance, 0.0, 1.0))
    return np.where(before.any(axis=1) & now.any(axis=1), found, 0.0)


def kolmogorov_smirnov(before: Counts, now: Counts) -> Test:
    """The two-sample test on ordered bins. Differences inside a bin are not seen, so it never alarms more than on the values."""
    n, m = int(before.sum()), int(now.sum())
    if not n or not m:
        return Test(0.0, 1.0)
    gap = float(np.abs(np.cumsum(before) / n - np.cumsum(now) / m).max())
    return Test(gap, float(kolmogorov(gap * np.sqrt(n * m / (n + m)))))


def chi_squared(before: Counts, now: Counts) -> Test:
    """Pearson's test that both counts are of one world; bins that expect fewer than five rows are pooled."""
    n, m = float(before.sum()), float(now.sum())
    if not n or not m:
        return Test(0.0, 1.0)
    expected = (before + now) * (min(n, m) / (n + m))
    small = expected < LEAST_EXPECTED
    pooled = [np.append(counts[~small], counts[small].sum()) for counts in (before, now)]
    a, b = (counts[(pooled[0] + pooled[1]) > 0].astype(float) for counts in pooled)
    if len(a) < 2:
        return Test(0.0, 1.0)
    statistic = float(((np.sqrt(m / n) * a - np.sqrt(n / m) * b) ** 2 / (a + b)).sum())
    return Test(statistic, float(chdtrc(len(a) - 1, statistic)))


def _shares(counts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return counts / counts.sum()


def _divergence(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    there = a > 0
    return np.where(there, a * np.log2(np.where(there, a, 1.0) / np.where(there, b, 1.0)), 0.0).sum(axis=1)
