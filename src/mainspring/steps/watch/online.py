"""Online: when it began. ADWIN of river cuts a stream where its mean has changed, however long ago."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from river.drift import ADWIN

Floats = npt.NDArray[np.float64]

DELTA = 1e-4
"""ADWIN's own 0.002 is for one stream watched for a while; many automations are watched for years."""
EFFECT = 0.2
"""The least change of the mean that counts, in standard deviations (Cohen 1988 calls it small)."""


@dataclass(frozen=True, slots=True)
class Change:
    """From row number ``at`` on the mean is ``after`` where it was ``before``; ``effect`` is their difference in standard deviations."""

    at: int
    before: float
    after: float
    effect: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def changed(values: Floats, delta: float = DELTA) -> Change | None:
    """The greatest change of the mean of ``values`` (n, in their order), if ADWIN (Bifet & Gavaldà 2007) is sure of any; else None."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    if not high > low:
        return None
    detector, noticed = ADWIN(delta=delta), False
    for value in ((values - low) / (high - low)).tolist():
        detector.update(value)
        noticed |= detector.drift_detected
    if not noticed:
        return None
    change = _change(values, _split(values))
    return change if change.effect >= EFFECT else None


def _split(values: Floats) -> int:
    """Where the two sides' means differ most surely: ADWIN says that there was a change, and where only to a power of two of rows."""
    count = len(values)
    places = np.arange(1, count)
    sums = np.cumsum(values - values.mean())[:-1]
    return int(places[np.argmax(np.abs(sums) / np.sqrt(places * (count - places)))])


def _change(values: Floats, at: int) -> Change:
    before, after = values[:at], values[at:]
    spread = float(np.sqrt((before.var() + after.var()) / 2))
    gap = abs(float(after.mean() - before.mean()))
    return Change(at, float(before.mean()), float(after.mean()), gap / spread if spread > 0 else 1e3)
