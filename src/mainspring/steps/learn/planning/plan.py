"""Plan: what a search is going to take, told from the rows, the features, the candidates and a short trial of the machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.automation.learn import Limits
from mainspring.steps.learn.learner import Learner
from mainspring.steps.learn.record.learners import plain_of
from mainspring.steps.learn.terms import kept_for_telling


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one fit on the reference machine: ``seconds`` whatever it learns from, and so many more ``a_million`` numbers (rows × features ×
    outputs)."""

    seconds: float
    a_million: float


COSTS: Mapping[str, Cost] = {
    "linear": Cost(0.03, 1.0),
    "least_squares": Cost(0.01, 0.3),
    "decision_tree": Cost(0.01, 0.3),
    "random_forest": Cost(0.4, 9.0),
    "extra_trees": Cost(0.35, 6.5),
    "crossed": Cost(0.1, 2.0),
    "waves": Cost(0.3, 6.0),
    "lightgbm": Cost(0.1, 2.6),
    "paired": Cost(0.3, 6.0),
    "xgboost": Cost(0.15, 2.6),
    "catboost": Cost(0.4, 5.0),
    "encoder_contrastive": Cost(60.0, 200.0),
    "encoder_linear": Cost(10.0, 40.0),
    "encoder_tuned": Cost(130.0, 400.0),
    "tfidf_bayes": Cost(0.5, 4.0),
    "tfidf_linear": Cost(1.0, 8.0),
    "mlp": Cost(0.5, 6.0),
    "network": Cost(8.0, 60.0),
    "small_network": Cost(4.0, 20.0),
    "linear_network": Cost(4.0, 15.0),
}
"""Measured on made tables of 2,400 and 16,000 rows, where boosting stopped after some three hundred rounds; on other tables it is
after a hundred or two thousand. Of networks, of those that read, ``paired``, ``crossed`` and ``waves`` these are no more than a guess."""
UNKNOWN = Cost(0.4, 5.0)
EACH = 0.15
"""Seconds to hand a fit to a worker, and to measure what it learned."""
ON_ALL_ROWS = 3.0
"""A search that comes to its end learns some four members on all rows, most of them several times: in fits on folds of all candidates."""
OTHERWISE = 6.0
"""Seconds to measure, test, explain and report, and so many more a million numbers:"""
OTHERWISE_A_MILLION = 4.0
WORKER, ITSELF = 330e6, 420e6
"""Bytes that a worker takes with the libraries of learning, and this process."""
COPIES = 60.0
"""Bytes that a worker takes for each number that it learns from: as values, as bins, as gradients."""
MODEL, LEAF_ROWS, MOST_MODEL = 1.5e6, 600.0, 25e6
"""Bytes of a saved model: of boosting, and so many more a row, for forests have the more leaves."""
REPORT, KEPT = 0.6e6, 5.0
"""Bytes of a report and a record; and of a value in the lake, compressed, in the tables of a run."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be done: ``rows`` to learn from, of ``columns`` the ``features`` made, ``outputs`` a row, ``folds``, on ``workers``."""

    rows: int
    columns: int
    features: int
    outputs: int
    folds: int
    workers: int

    @property
    def millions(self) -> float:
        """Numbers that a fit learns from."""
        return self.rows * self.features * self.outputs / 1e6


@dataclass(frozen=True, slots=True)
class Plan:
    """``seconds`` of the run from here on, of which ``searching`` for the search; bytes of ``memory`` (all processes) and of ``disk``.

    ``candidates`` are (name, seconds a fold); ``basis`` says what all this is told from.
    """

    seconds: float
    searching: float
    memory: float
    disk: float
    candidates: tuple[tuple[str, float], ...]
    basis: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "expected": {"seconds": self.seconds, "memory": self.memory, "disk": self.disk}, "searching": self.searching,
            "candidates": [{"name": name, "seconds": seconds} for name, seconds in self.candidates], "basis": self.basis,
        }  # fmt: skip


def plan_of(learners: Sequence[Learner], load: Load, limits: Limits, slowness: float, *, draws: bool) -> Plan:
    """What these learners are going to take; ``slowness`` is the machine's, in times of the reference. ``draws`` says that time which is
    left is for candidates drawn near the best."""
    millions = load.millions
    candidates = tuple((learner.name, slowness * _seconds(learner, millions)) for learner in learners)
    once = sum(seconds for _, seconds in candidates) / load.workers
    wanted = once * (load.folds + ON_ALL_ROWS)
    most = limits.time - kept_for_telling(limits)
    searching = most if draws else min(most, wanted)
    otherwise = slowness * (OTHERWISE + OTHERWISE_A_MILLION * millions)
    memory = ITSELF + load.workers * (WORKER + COPIES * 1e6 * millions)
    if limits.training_memory is not None:
        memory = min(memory, limits.training_memory)
    disk = min(MOST_MODEL, MODEL + LEAF_ROWS * load.rows) + REPORT + KEPT * 2 * load.rows * load.columns
    early = "what is left is for candidates drawn near the best" if draws else "it ends before the limit of time"
    cut = "the limit of time ends it" if wanted > most else early
    basis = (
        f"{load.rows:,} rows × {load.features} features, {len(candidates)} candidates on {load.folds} folds by {load.workers} workers, "
        f"a trial that took {slowness:.2g} times as long as where costs were measured; all of it would take {wanted:,.0f} s: {cut}"
    )
    return Plan(searching + otherwise, searching, memory, disk, candidates, basis)


def _seconds(learner: Learner, millions: float) -> float:
    plain = plain_of(learner) or {}
    inner = plain.get("learner", plain)
    cost = COSTS.get(str(inner.get("kind")), UNKNOWN)
    return EACH + cost.seconds + cost.a_million * millions
