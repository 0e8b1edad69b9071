"""Compare: two versions on the same rows, each with its own rules and threshold, row by row beside one another."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.measure.metrics import METRICS, interval
from mainspring.model import Model, ModelCard, Question
from mainspring.run.retrain.labels import labels_beside
from mainspring.run.train.record.rows import subjects
from mainspring.run.train.stakes import deciding
from mainspring.steps.decide.policy import Policy
from mainspring.steps.learn.evaluation.judged import Ints, Judged, answers_of
from mainspring.steps.learn.learner import Goal

FEWEST_APART = 10
DRAWN = 1000
"""Bootstrap samples: the ends of an interval decide, so they must not hang on chance."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A model with the policy that goes with it."""

    model: Model
    policy: Policy


@dataclass(frozen=True, slots=True)
class Beside:
    """``old`` and ``new`` are the ``metric`` (or gain a row, in money) on the same ``rows``; ``difference`` is how much better the new one
    is, with its 95 % interval, paired: rows (or groups of them) are drawn for both at once (Efron & Tibshirani 1993). It rests on the
    rows on which they are ``apart``: in money, those about which they decide otherwise."""

    metric: str
    rows: int
    apart: int
    old: float
    new: float
    difference: float
    low: float
    high: float

    @property
    def better(self) -> bool:
        """Surely so. Of a difference that rests on a few rows a bootstrap is too sure."""
        return self.low > 0 and self.apart >= FEWEST_APART

    @property
    def perhaps(self) -> bool:
        """More likely than not, and on rows enough that it can prove itself: while it does, none other is learned."""
        return self.difference > 0 and self.apart >= FEWEST_APART

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"better": self.better}

    def told(self) -> str:
        """In a line."""
        name = "gain a row" if self.metric == "profit" else METRICS[self.metric].title
        return (
            f"{name} {self.new:.5g} beside {self.old:.5g} on the same {self.rows:,} recent rows, better by {self.difference:+.4g} "
            f"({self.low:+.4g} to {self.high:+.4g})"
        )


def compare(
    old: Contender, new: Contender, rows: pa.Table, goal: Goal, *, share: float | None, subject: str | None = None
) -> Beside:
    """On rows with a cleaned target that neither was trained on; ``share`` of them can be acted on.

    Rows of a ``subject`` are drawn together.

    Raises:
        QualityError: no row can be judged.
    """
    table, (one, first), (other, second) = _both(old, new, rows, goal, share)
    sign = METRICS[goal.metric].sign

    def difference(some: Ints) -> float:
        return sign * (other(some) - one(some))

    everything = np.arange(len(table))
    drawn, count = difference, len(everything)
    if subject is not None and subject in table.column_names:
        drawn, count = _by_subject(difference, subjects(table, subject))
    low, high = interval(drawn, count, repeats=DRAWN, seed=goal.seed)
    apart = int((first != second).sum()) if first.ndim == 1 else int((first != second).any(axis=1).sum())
    return Beside(
        goal.metric, len(everything), apart, one(everything), other(everything), difference(everything), low, high
    )


Measure = tuple[Callable[[Ints], float], Any]
"""The measure on numbers of rows, and what it rests on, a row each."""


def _both(
    old: Contender, new: Contender, rows: pa.Table, goal: Goal, share: float | None
) -> tuple[pa.Table, Measure, Measure]:
    """The rows that can be judged, and how each does on them."""
    if goal.question == Question.LABELS:
        return rows, *labels_beside(old.model, new.model, rows, goal)
    judged = Judged.of(rows, goal)
    return judged.table, _measure(old, judged, goal, share), _measure(new, judged, goal, share)


def _measure(contender: Contender, judged: Judged, goal: Goal, share: float | None) -> Measure:
    answers, policy = answers_of(contender.model, judged.table), contender.policy
    gains = policy.gains
    if goal.metric != "profit" or gains is None:
        return judged.measure(goal.metric, answers, gains), answers
    decided = deciding(policy, goal, share)
    assert decided is not None  # there are gains, and profit is asked of classes only
    actions = decided(judged.table, answers)
    earned = gains.realised(np.where(actions < len(gains.actions), actions, 0), judged.truth.astype(np.int64))
    weights = np.ones(len(earned)) if judged.weights is None else judged.weights

    def mean(some: Ints) -> float:
        return float(np.average(earned[some], weights=weights[some]))

    return mean, actions


def _by_subject(of_rows: Callable[[Ints], float], whom: Any) -> tuple[Callable[[Ints], float], int]:
    """The measure on numbers of subjects, each with all its rows; and how many subjects there are."""
    _, codes = np.unique(whom, return_inverse=True)
    edges = [0, *np.cumsum(np.bincount(codes)).tolist()]
    order: Ints = np.argsort(codes, kind="stable")
    members: list[Ints] = [order[start:end] for start, end in pairwise(edges)]
    if len(members) == len(codes):
        return of_rows, len(codes)

    def of_subjects(some: Ints) -> float:
        drawn: list[Ints] = [members[int(number)] for number in some]
        return of_rows(np.concatenate(drawn))

    return of_subjects, len(members)


def same_question(old: ModelCard, goal: Goal) -> bool:
    """Whether a card answers what is asked; labels that only one of the two knows count against the other."""
    if (old.question, old.target) != (Question(goal.question), goal.target):
        return False
    return old.question == Question.LABELS or tuple(old.classes) == tuple(goal.classes)
