"""Performance: how good the answers are where outcomes are known, and how good they must be expected to be where they are not.

Without labels the metrics of classes are expectations under calibrated scores: each row counts as each of its classes with that class's
probability (confidence-based performance estimation, CBPE, after NannyML). Of numbers, the errors that predictions of that size had on the
test rows are expected again (direct loss estimation, DLE, with the prediction as its one feature). Both assume that the relation between
rows and outcomes is still what it was; whether it is, only outcomes tell.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from mainspring.measure.metrics import METRICS, interval, score
from mainspring.model import Question
from mainspring.steps.watch.finding import Finding
from mainspring.steps.watch.kept.calibration import calibrated
from mainspring.steps.watch.kept.reference import Asked, Judged, Reference, allowed
from mainspring.steps.watch.kept.surprise import surprises
from mainspring.steps.watch.window import Outcomes, Window

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Value = tuple[float, float, float]
"""A value and its 95 % interval."""

SHOWN = {Question.CLASS: ("roc_auc", "log_loss", "accuracy"), Question.NUMBER: ("rmse", "mae")}
REPEATS, MOST = 60, 5_000
RATE = 0.001
"""How seldom a window of an unchanged world may look worse than it is."""
EFFECT = 0.03
"""The least mean surprise that counts: so many more wrong answers in a hundred than the scores gave to expect."""


@dataclass(frozen=True, slots=True)
class Performance:
    """Metric → (value, low, high): on the ``reference``'s test rows, ``estimated`` without labels, ``realised`` with.

    ``labelled`` rows have outcomes; ``surprise`` is their mean, ``p`` the chance of it in an unchanged world, ``allowed`` what is let pass.
    """

    reference: Mapping[str, Value]
    estimated: Mapping[str, Value]
    realised: Mapping[str, Value]
    labelled: int = 0
    surprise: float = 0.0
    p: float = 1.0
    allowed: float = EFFECT

    @property
    def dropped(self) -> bool:
        return self.p <= RATE and self.surprise > self.allowed

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"dropped": self.dropped}


def performance(reference: Reference, window: Window) -> Performance | None:
    """How the watched version does on the window; None where the reference has no judged rows."""
    asked, judged = reference.asked, reference.judged
    if judged is None or not judged.rows:
        return None
    known = {name: judged.metrics[name] for name in (asked.metric, *SHOWN[asked.question]) if name in judged.metrics}
    estimated = _estimated(asked, judged, window.answers) if len(window.answers) else {}
    outcomes = window.outcomes
    if outcomes is None or not len(outcomes):
        return Performance(known, estimated, {})
    odd = surprises(judged, as_judged(judged, outcomes.answers), outcomes.truth)
    mean = float(odd.mean())
    spread = np.sqrt(odd.var() / len(odd) + judged.surprise**2 / judged.rows)
    p = float(ndtr(-mean / spread)) if spread > 0 else float(mean <= 0)
    strayed = max(EFFECT, allowed(judged.tolerance, len(odd)))
    return Performance(known, estimated, _realised(asked, outcomes), len(outcomes), mean, p, strayed)


def finding_of(asked: Asked, seen: Performance, since: float = 0.0) -> Finding | None:
    """What people are told where answers are more wrong than they said they might be.

    ``since`` is the mean surprise since a change within the rows, 0 where there was none that counts.
    """
    if not seen.dropped and not since:
        return None
    surprise = max(seen.surprise, since)
    metric = next(iter(seen.realised), None)
    told = ""
    if metric is not None and metric in seen.reference:
        title = METRICS[metric].title
        told = f"{title} is {seen.realised[metric][0]:.4g} where it was {seen.reference[metric][0]:.4g}, and "
    excess = f"{surprise:.1%} more answers were wrong than their scores gave to expect"
    if asked.question == Question.NUMBER:
        excess = f"errors have risen {surprise / 2:.1%} of the way in the ranks of those on the test rows"
    return Finding(
        "performance",
        "outcomes",
        f"of {seen.labelled:,} outcomes, {told}{excess}",
        "warning",
        facts=seen.to_dict() | {"since": since},
    )


def as_judged(judged: Judged, answers: Floats) -> Floats:
    """Answers as :func:`surprises` takes them: probabilities calibrated, numbers as they are."""
    return calibrated(answers, judged.curves) if answers.ndim == 2 else answers


def _estimated(asked: Asked, judged: Judged, answers: Floats) -> dict[str, Value]:
    if asked.question == Question.NUMBER:
        return _expected_errors(judged, answers)
    sure = as_judged(judged, answers)
    count = answers.shape[1]

    def soft(name: str, rows: Ints) -> float:
        truth = np.repeat(np.arange(count), len(rows))
        likely = np.concatenate([sure[rows, k] for k in range(count)])
        return score(name, truth, np.tile(answers[rows], (count, 1)), positive=asked.positive, weights=likely)

    return {name: _with_interval(lambda rows, n=name: soft(n, rows), len(answers)) for name in SHOWN[Question.CLASS]}


def _expected_errors(judged: Judged, answers: Floats) -> dict[str, Value]:
    edges, absolute, squared = judged.by_prediction
    if not absolute:
        return {}
    place = np.searchsorted(edges, answers, side="left")
    mean, square = np.asarray(absolute)[place], np.asarray(squared)[place]
    return {
        "rmse": _with_interval(lambda rows: float(np.sqrt(square[rows].mean())), len(answers)),
        "mae": _with_interval(lambda rows: float(mean[rows].mean()), len(answers)),
    }


def _realised(asked: Asked, outcomes: Outcomes) -> dict[str, Value]:
    names = dict.fromkeys((asked.metric, *SHOWN[asked.question]))
    if asked.question == Question.CLASS and len(np.unique(outcomes.truth)) < 2:
        names = {"accuracy": None}

    def measure(name: str, rows: Ints) -> float:
        truth, answers = outcomes.truth[rows], outcomes.answers[rows]
        return score(name, truth, answers, positive=asked.positive, gains=asked.gains)

    return {
        name: _with_interval(lambda rows, n=name: measure(n, rows), len(outcomes))
        for name in names
        if name != "profit" and not (METRICS[name].needs_two and asked.positive is None)
    }


def _with_interval(measure: Any, rows: int) -> Value:
    # Of very many rows some, evenly spread, say as much as is shown.
    seen = np.unique(np.linspace(0, rows - 1, min(rows, MOST)).astype(np.int64))
    low, high = interval(lambda drawn: measure(seen[drawn]), len(seen), repeats=REPEATS)
    return float(measure(seen)), low, high
