"""Mixing: how much each trial has to say, from which probability on a label is said, and what that reaches out of fold."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from mainspring.measure.multilabel.agreement import Bools, all_rates, micro_f1
from mainspring.measure.multilabel.thresholds import USUAL, best_thresholds
from mainspring.steps.learn.text.multilabel.trial import Trial
from mainspring.steps.learn.text.rows import Floats

SHARES = (0.5, 0.25, 0.75)
"""Of the second of two members in the model's answer."""
GAINED = 4
"""Digits of micro F1 in which a mixture is to be better than one member alone."""


def mixed(trials: Sequence[Trial], truth: Bools) -> tuple[list[float], Floats, dict[str, float], int]:
    """The share of each trial, the thresholds, what that reaches on rows that all have judged, and how many these are.

    One trial alone, or two together.
    """
    judged = np.logical_and.reduce([trial.judged for trial in trials])
    if not judged.any():
        return _one_alone(trials, truth)
    seen = truth[judged]
    tries: list[tuple[float, list[float], Floats, Floats]] = []
    for shares in _mixtures(len(trials)):
        chances = np.sum(
            [share * trial.chances[judged] for share, trial in zip(shares, trials, strict=True) if share], axis=0
        )
        thresholds = best_thresholds(chances, seen)
        tries.append((micro_f1(seen, chances >= thresholds), shares, thresholds, chances))
    # Of those that are as good the first: one alone comes before two.
    _, shares, thresholds, chances = max(tries, key=lambda one: round(one[0], GAINED))
    return shares, thresholds, all_rates(seen, chances >= thresholds), int(judged.sum())


def _mixtures(count: int) -> Iterator[list[float]]:
    for one in range(count):
        yield [float(n == one) for n in range(count)]
    for one, other in combinations(range(count), 2):
        for share in SHARES:
            yield [1.0 - share if n == one else share if n == other else 0.0 for n in range(count)]


def _one_alone(trials: Sequence[Trial], truth: Bools) -> tuple[list[float], Floats, dict[str, float], int]:
    """No row is judged by all: one of those that are judged at all, where there is one."""
    chosen = next((n for n, trial in enumerate(trials) if trial.judged.any()), 0)
    alone = [float(n == chosen) for n in range(len(trials))]
    if not trials[chosen].judged.any():
        return alone, np.full(truth.shape[1], USUAL), {}, 0
    _, thresholds, reached, count = mixed([trials[chosen]], truth)
    return alone, thresholds, reached, count
