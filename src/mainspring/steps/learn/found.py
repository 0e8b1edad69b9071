"""Found: what a search found: the model, the leaderboard, and whether the limits were kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.model import Prepared
from mainspring.steps.learn.facts import Fact
from mainspring.steps.learn.trial.clocked import Clocked
from mainspring.steps.learn.trial.simple import Simple


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line of the leaderboard. ``rank`` is what the search followed, greater is better; ``weight`` its share in the blend.

    ``spread`` is the standard deviation of ``metric`` over the ``folds`` it went through: fewer for those that the first did
    not recommend. ``settings`` are those in which it differs from the usual of its kind.
    """

    name: str
    metric: str
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    spread: float | None = None
    rank: float | None = None
    latency_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    seconds: float = 0.0
    weight: float = 0.0
    kept: bool = False
    why_not: str | None = None
    folds: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name, "score": self.metrics.get(self.metric), "metrics": dict(self.metrics),
            "spread": self.spread, "latency_ms": dict(self.latency_ms), "seconds": self.seconds, "weight": self.weight, "kept": self.kept,
            "why_not": self.why_not, "folds": self.folds, "settings": dict(self.settings),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """A declared limit and what was measured, in seconds or bytes, or a word for what is not measured."""

    limit: str
    declared: Any
    measured: Any
    ok: bool

    def to_dict(self) -> dict[str, Any]:
        return {"limit": self.limit, "declared": self.declared, "measured": self.measured, "ok": self.ok}


@dataclass(frozen=True, slots=True)
class Found:
    """``oof`` are the blend's calibrated out-of-fold answers (n × k) for table rows ``rows``, whose truths are ``truth`` (n)."""

    model: Prepared
    candidates: tuple[Candidate, ...]
    oof: npt.NDArray[np.float64]
    truth: npt.NDArray[Any]
    rows: npt.NDArray[np.int64]
    metrics: Mapping[str, float]
    kept: tuple[Kept, ...]
    calibration: str
    objective: str
    greater_is_better: bool
    seconds: float
    facts: tuple[Fact, ...] = ()
    simple: Simple | None = None
    clocked: Clocked | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "candidates": [candidate.to_dict() for candidate in self.candidates], "objective": self.objective,
            "greater_is_better": self.greater_is_better, "metrics": dict(self.metrics),
            "judged_rows": len(self.rows),
            "kept": [kept.to_dict() for kept in self.kept], "calibration": self.calibration, "seconds": self.seconds,
            "facts": [fact.to_dict() for fact in self.facts],
            "simple": None if self.simple is None else self.simple.to_dict(),
            "clocked": None if self.clocked is None else self.clocked.to_dict(),
        }  # fmt: skip
