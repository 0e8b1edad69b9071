"""Money: what a change costs a day beside what learning anew costs, and which of the two is more.

With outcomes the loss is what decisions were to gain by their calibrated scores less what they did gain: where the world merely has fewer
good customers, scores say so, nothing is lost that learning anew could bring back, and the two agree. Without outcomes it is what a
decision of the policy gained on the test rows less what it is expected to gain now.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mainspring.steps.watch.finding import Finding, Severity
from mainspring.steps.watch.kept.calibration import calibrated
from mainspring.steps.watch.kept.reference import Asked, Judged
from mainspring.steps.watch.window import Outcomes, Window

Floats = npt.NDArray[np.float64]
DAY = 86_400.0
MANY_TIMES = 10.0
"""A loss of so many times the cost within the payback time is critical."""
SURE = 3.09
"""Standard errors below the estimate that the loss must still pay at: a world that does not change reaches it once in a thousand looks."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What learning anew costs, and how that is known."""

    value: float
    basis: str


@dataclass(frozen=True, slots=True)
class Loss:
    """Estimated loss of gain a decision, with its 95 % interval, and a day; ``sure`` is the least a day that it surely is.

    ``promised`` is what a decision was to gain, ``gained`` what it gained or, by ``basis``, is expected to.
    """

    a_decision: float
    low: float
    high: float
    a_day: float | None
    sure: float | None
    promised: float
    gained: float
    rows: int
    basis: Literal["outcomes", "calibrated scores"]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def loss(asked: Asked, judged: Judged | None, window: Window) -> Loss | None:
    """The loss by outcomes where there are any, else by calibrated scores; None where no gains are declared or nothing is known."""
    if asked.gains is None or judged is None:
        return None
    if window.outcomes is not None and len(window.outcomes) and window.outcomes.acted is not None:
        return _by_outcomes(asked, judged, window.outcomes, window.per_day)
    if judged.gain is None or window.acted is None or not len(window.answers):
        return None
    expected = _expected(asked, judged, window.answers, window.acted)
    before, error = judged.gain[0], (judged.gain[2] - judged.gain[1]) / (2 * 1.96)
    return _loss(before - expected, error, (before, float(expected.mean())), window.per_day, "calibrated scores")


def weigh(finding: Finding, lost: Loss, cost: Cost, payback: float) -> Finding:
    """The finding as money makes it out to be: worth acting upon where the loss within ``payback`` seconds is surely more than the cost."""
    days = payback / DAY
    if lost.a_day is None or lost.sure is None:
        return finding  # how many decisions a day there are is not known: how far it moved decides
    lose = f"estimated loss {_money(lost.a_day)} a day" if lost.a_day > 0 else "no loss is estimated"
    told = f"{lose} by {lost.basis}, learning anew costs {_money(cost.value)} ({cost.basis})"
    pays = lost.sure * days > cost.value
    severity: Severity = "info"
    if pays:
        severity = (
            "critical"
            if lost.sure * days > MANY_TIMES * max(cost.value, 1e-9) and lost.basis == "outcomes"
            else "warning"
        )
    verdict = f"{'pays' if pays else 'does not surely pay'} within {days:g} days"
    facts = {"loss": lost.to_dict(), "cost": asdict(cost), "payback_days": days, "pays": pays}
    return finding.weighed(severity, f"{told}: it {verdict}", **facts)


def _by_outcomes(asked: Asked, judged: Judged, outcomes: Outcomes, per_day: float | None) -> Loss:
    assert asked.gains is not None  # the caller has looked
    assert outcomes.acted is not None
    promised = _expected(asked, judged, outcomes.answers, outcomes.acted)
    gained = asked.gains.realised(outcomes.acted, outcomes.truth.astype(np.int64))
    if outcomes.earned is not None:
        gained = np.where(np.isnan(outcomes.earned), gained, outcomes.earned)
    means = float(promised.mean()), float(gained.mean())
    return _loss(promised - gained, 0.0, means, per_day, "outcomes")


def _expected(asked: Asked, judged: Judged, answers: Floats, acted: npt.NDArray[np.int64]) -> Floats:
    assert asked.gains is not None  # the caller has looked
    return asked.gains.expected(calibrated(answers, judged.curves))[np.arange(len(acted)), acted]


def _loss(
    lost: Floats, error: float, means: tuple[float, float], per_day: float | None, basis: Literal["outcomes", "calibrated scores"]
) -> Loss:  # fmt: skip
    """``error`` is what the other side of the difference adds to the standard error of the mean of ``lost`` (n)."""
    mean = float(lost.mean())
    reach = float(np.hypot(lost.std() / np.sqrt(len(lost)), error))
    day = None if per_day is None else mean * per_day
    sure = None if per_day is None else (mean - SURE * reach) * per_day
    return Loss(mean, mean - 1.96 * reach, mean + 1.96 * reach, day, sure, *means, len(lost), basis)


def _money(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
