"""Pace: how large the steps of boosting are, so that it arrives before its time is up.

Cut short at small steps, boosting has not learned enough; with larger steps it needs fewer of them, at a small loss.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.tabular.lesson import Lesson

PROBED = 6
"""Rounds that tell how long one takes."""
WORTH_PROBING = 200_000
"""Numbers (rows × features × outputs) below which any usual number of rounds is a matter of a second or two."""
WORK = 25.0
"""Rounds times step that boosting usually needs."""
LARGEST = 0.4
LARGER = 3.0
"""Of three classes and more the steps are so many times as large: a third of the rounds is as good, and each grows a tree a class, which
take their time to learn and to answer."""
SURELY = 0.85
"""Share of the time left that is counted on."""


@dataclass(frozen=True, slots=True)
class Pace:
    """``rounds`` of ``rate`` each."""

    rate: float
    rounds: int

    @classmethod
    def wanted(cls, tuned: Mapping[str, float], usual_rate: float, usual_rounds: int | None) -> Self:
        """What was tuned, else the usual; without ``usual_rounds``, while searching, as many as ``WORK`` takes at this rate."""
        rate = tuned.get("rate", usual_rate)
        return cls(rate, round(WORK / rate if usual_rounds is None else tuned.get("rounds", usual_rounds)))

    def of(self, rounds: float) -> Self:
        """So many rounds; the steps as much larger as there are fewer of them."""
        if rounds >= self.rounds:
            return self
        whole = int(rounds)
        return type(self)(max(self.rate, min(LARGEST, self.rate * self.rounds / whole)), whole)


def pace(wanted: Pace, lesson: Lesson, outputs: int, budget: Budget, probe: Callable[[int], float]) -> Pace:
    """``wanted``, or what the budget allows of it. ``probe`` boosts so many rounds and says the seconds that one took."""
    if lesson.matrix.size * outputs < WORTH_PROBING:
        return wanted
    return wanted.of(budget.allowed(wanted.rounds, lambda: affordable(probe(PROBED), budget.seconds)))


def affordable(seconds_a_round: float, seconds: float) -> float:
    """How many rounds, at least one."""
    return max(1.0, SURELY * seconds / max(seconds_a_round, 1e-9))


def rate_for(usual: float, outputs: int) -> float:
    """The step where so many sums are learned by one round."""
    return min(LARGEST, LARGER * usual) if outputs > 2 else usual


class Stopwatch:
    """Times the rounds between the first and the last."""

    def __init__(self) -> None:
        self._seen: list[float] = []

    def tick(self) -> None:
        self._seen.append(time.monotonic())

    @property
    def seconds_a_round(self) -> float:
        return (self._seen[-1] - self._seen[0]) / (len(self._seen) - 1) if len(self._seen) > 1 else 0.0
