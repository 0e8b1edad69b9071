"""Attempt: one learner on its way through the folds, and what came of it."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from mainspring.steps.learn.learner import Learner
from mainspring.steps.learn.trial.fold import FoldResult


@dataclass
class Try:
    """A learner on its way. It goes through the folds in their order, so far as there is time.

    One that was drawn was drawn near its ``parent``.
    """

    learner: Learner
    results: dict[int, FoldResult] = field(default_factory=dict[int, FoldResult])
    why_not: str | None = None
    parent: Self | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """In which the learner, or the one within, differs from the usual of its kind."""
        return dict(getattr(getattr(self.learner, "learner", self.learner), "settings", {}))

    @property
    def whole(self) -> int:
        """How many folds it went through from the first on without a gap."""
        return next((fold for fold in range(len(self.results)) if fold not in self.results), len(self.results))

    @property
    def seconds(self) -> float:
        """Spent on all folds."""
        return sum(result.seconds for result in self.results.values())

    @property
    def usual_seconds(self) -> float:
        """Spent on one fold."""
        return self.seconds / max(1, len(self.results))

    @property
    def again_seconds(self) -> float:
        """What learning one fold once more would take, with what was found."""
        told = [r.seconds if r.again is None else r.again for r in self.results.values()]
        return sum(told) / max(1, len(told))

    @property
    def expected_seconds(self) -> float:
        """What a fold will take: as long as the last, or as one of the parent; 0 where nothing is known."""
        return self.usual_seconds if self.results or self.parent is None else self.parent.usual_seconds

    @property
    def memory(self) -> int:
        """The most bytes that a worker of its took."""
        return max((result.memory for result in self.results.values()), default=0)

    @property
    def tuned(self) -> dict[str, float]:
        """The mean of what early stopping found."""
        # In the order of the folds, not of their ends: another order may differ in the last bit, and so would the model.
        ordered = [self.results[fold] for fold in sorted(self.results)]
        return {name: float(np.mean([r.tuned[name] for r in ordered])) for name in ordered[0].tuned}

    @property
    def latency_ms(self) -> dict[str, float]:
        return {q: float(np.median([r.latency_ms[q] for r in self.results.values()])) for q in ("p50", "p95")}
