"""Compare: what a challenger earns beside the champion, with an interval that may be looked at as often as one likes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.backends.opening import Backends
from mainspring.backends.store.challenge.challenges import Challenge
from mainspring.measure.confidence_sequence import ERROR, Floats, between, confidence_sequence
from mainspring.measure.gains import Gains
from mainspring.run.desk import Desk
from mainspring.run.feedback.settled import Settled, ripens, settle

USUAL = 0.5
"""What was chosen with at least this probability was not drawn at random."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Gains are means a decision, in money. ``difference`` is the challenger's over the champion's, within ``low`` and ``high`` at all
    times together with probability 1 - ``error``. ``outcomes`` is how many speak of the challenger; ``unknown`` how many cannot.
    """

    outcomes: int = 0
    unknown: int = 0
    champion_gain: float | None = None
    challenger_gain: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    error: float = ERROR

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(desk: Desk, backends: Backends, challenge: Challenge) -> Comparison:
    """``desk`` is the champion's. In a shadow both are held against the same outcomes, which assumes that acting does not change what
    turns out to be true; in a canary each against those of its own decisions, which assumes nothing.
    """
    gains = desk.decider.policy.gains
    if gains is None:
        return Comparison()
    settled = settle(desk, backends, challenge.started).settled
    if not ripens(desk):
        # In the order in which they became known; the patient know them all at the same age.
        settled = sorted(settled, key=lambda one: one.outcome.number or 0)
    if challenge.mode == "canary":
        return _canary(gains, settled, challenge)
    return _shadow(gains, settled, challenge, backends.challenges.shadows(challenge))


def _canary(gains: Gains, settled: Sequence[Settled], challenge: Challenge) -> Comparison:
    lowest, highest = float(gains.array.min()), float(gains.array.max())

    def of(version: int) -> Floats:
        earned = [s.earned for s in settled if s.outcome.model_version == version and s.earned is not None]
        return np.clip(np.array(earned, dtype=np.float64), lowest, highest)

    ours, theirs = of(challenge.version), of(challenge.champion)
    if not len(ours) or not len(theirs) or lowest == highest:
        return Comparison(len(ours))
    low, high = between(ours, theirs, lowest, highest)
    one, other = float(ours.mean()), float(theirs.mean())
    return Comparison(len(ours), 0, other, one, one - other, low, high)


def _shadow(gains: Gains, settled: Sequence[Settled], challenge: Challenge, shadows: dict[str, str]) -> Comparison:
    pairs: list[tuple[float, float]] = []
    unknown = 0
    for one in settled:
        other = shadows.get(one.outcome.decision_id)
        drawn = one.outcome.propensity is not None and one.outcome.propensity < USUAL
        if other is None or drawn or one.outcome.model_version != challenge.champion:
            continue
        if one.truth is not None and one.truth in gains.classes:
            row = gains.array[:, gains.classes.index(one.truth)]
            pairs.append((row[_number(gains, one.outcome.action)], row[_number(gains, other)]))
        else:
            unknown += 1
    span = _span(gains.array)
    if not pairs or not span:
        return Comparison(0, unknown)
    earned = np.array(pairs)
    difference = earned[:, 1] - earned[:, 0]
    band = confidence_sequence(difference, -span, span)
    champion, challenger = earned.mean(axis=0).tolist()
    ends = float(difference.mean()), float(band.low[-1]), float(band.high[-1])
    return Comparison(len(pairs), unknown, champion, challenger, *ends)


def _number(gains: Gains, action: str) -> int:
    return gains.actions.index(action) if action in gains.actions else 0


def _span(matrix: npt.NDArray[np.float64]) -> float:
    """The most by which two actions can differ."""
    return float((matrix.max(axis=0) - matrix.min(axis=0)).max())
