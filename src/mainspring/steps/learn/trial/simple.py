"""Simple: which candidates a person can read, and what it costs not to use the best of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mainspring.measure.metrics import METRICS
from mainspring.steps.learn.learner import Learner
from mainspring.steps.learn.portfolio import READABLE
from mainspring.steps.learn.tabular.scores import Floats
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.judge import Judge

UNREADABLE = (
    f"a person cannot read it whole (learn.limits.interpretable); those that can be read: {', '.join(sorted(READABLE))}"
)


@dataclass(frozen=True, slots=True)
class Simple:
    """The best readable candidate, and its ``score``.

    ``price`` is by how much the choice is better on the same rows, in the unit of the metric; ``spread`` is the standard
    deviation of that difference over the folds, None where there is one fold.
    """

    name: str
    score: float
    price: float
    spread: float | None

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "score": self.score, "price": self.price, "spread": self.spread}


def only_readable(learners: Sequence[Learner]) -> tuple[list[Learner], dict[str, str]]:
    """The learners whose models a person can read, and name → why not of the others."""
    kept = [learner for learner in learners if learner.name in READABLE]
    return kept, {learner.name: UNREADABLE for learner in learners if learner not in kept}


def simple_of(
    tries: Mapping[str, Try], judge: Judge, metric: str, chosen: Floats, weights: Mapping[str, float]
) -> Simple | None:
    """The best readable of ``tries`` beside the ``chosen`` out-of-fold answers (n × k), of candidates with these ``weights``.

    None where no readable one was learned, or the metric is not defined on the rows.
    """
    readable = [t for name, t in tries.items() if name in READABLE and t.why_not is None and t.whole]
    if not readable:
        return None
    # The more folds, the surer; of those with as many, the best.
    best = max(readable, key=lambda t: (t.whole, _of(judge.first(min(t.whole, judge.folds)), t)))
    rows = judge.first(min(best.whole, judge.folds))
    answers = rows.answers(best.results)
    chosen = chosen[: len(answers)]
    score, other = rows.measured(answers), rows.measured(chosen)
    if not np.isfinite(score - other):
        return None
    if weights.get(best.learner.name) == 1.0:
        return Simple(best.learner.name, score, 0.0, None)
    return Simple(
        best.learner.name, score, METRICS[metric].sign * (other - score), rows.spread_between(chosen, answers)
    )


def _of(judge: Judge, attempt: Try) -> float:
    return judge.of(judge.answers(attempt.results))
