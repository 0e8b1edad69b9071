"""Latency: seconds counted between fixed steps, so that counts of many processes add up."""

from collections.abc import Sequence

import numpy as np

STEPS = tuple(float(x) for x in np.geomspace(1e-4, 100.0, 61))
"""Seconds; each is a quarter more than the one before."""


def quantile(counts: Sequence[int], share: float) -> float | None:
    """The upper end of the step that the quantile lies in; None where nothing was counted (counts: one more than ``STEPS``)."""
    total = sum(counts)
    if not total:
        return None
    place = int(np.searchsorted(np.cumsum(counts), share * total))
    return STEPS[min(place, len(STEPS) - 1)]
