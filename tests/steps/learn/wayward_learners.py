"""Learners that go wrong in every way a learner can. In a file of their own, so that worker processes can load them."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.errors import NotInTime, QualityError
from mainspring.measure.profile import Profile
from mainspring.model import Model
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.linear.fit import Linear
from mainspring.steps.learn.tabular.linear.model import LinearModel


@dataclass(frozen=True)
class Wayward:
    """``does``: raise, refuse, die, hang, hang once (until ``trace`` is there), eat (memory), obey (a slow one that minds its deadline),
    nan, ponder, want (more time), want once.

    On all rows only: late (fails), die late, dawdle, stall.
    """

    name: str
    does: str
    seconds: float = 600.0
    tuned: Any = field(default_factory=dict)
    trace: Path | None = None

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        return None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> Model:
        self._give_up()
        if self.does == "eat":
            eaten = [np.ones(2_000_000)]
            while len(eaten) < 200:
                time.sleep(0.01)
                eaten.append(np.ones(2_000_000))
        if self.does == "hang" or (self.does == "hang once" and self._is_first()):
            time.sleep(self.seconds)
        if self.does == "obey":
            time.sleep(min(self.seconds, budget.seconds))
        if self.does == "late" and valid is None:
            raise MemoryError("not enough for all rows")
        if self.does == "die late" and valid is None:
            os._exit(7)
        if self.does in ("stall", "dawdle") and valid is None:
            time.sleep(self.seconds if self.does == "stall" else budget.seconds)
        model = Linear().fit(train, valid, goal, budget)
        if self.does == "nan":
            model.weights = np.full_like(model.weights, np.nan)
        return Pondering.of(model, self.seconds) if self.does == "ponder" else model

    def _give_up(self) -> None:
        if self.does == "raise":
            raise ZeroDivisionError("divided by nothing")
        if self.does == "refuse":
            raise QualityError("this data is not for me")
        if self.does == "want" or (self.does == "want once" and self._is_first()):
            raise NotInTime("it wants more time")
        if self.does == "die":
            os._exit(7)

    def _is_first(self) -> bool:
        if self.trace is None or self.trace.exists():
            return False
        self.trace.touch()
        return True


class Pondering(LinearModel):
    """Takes its time for every answer."""

    seconds: float = 0.0

    @classmethod
    def of(cls, m: LinearModel, seconds: float) -> "Pondering":
        made = cls(m.card, m.design, m.weights, m.intercept, m.center, m.tuned)
        made.seconds = seconds
        return made

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        time.sleep(self.seconds)
        return super().scores(matrix)


@dataclass(frozen=True)
class Blinkered:
    """A line over the columns alone that begin so, that takes ``seconds`` for every answer."""

    name: str
    sees: str
    seconds: float
    tuned: Any = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        return None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> Model:
        for place, name in enumerate(train.column_names):
            if name != goal.target and not name.startswith(self.sees):
                train = train.set_column(
                    place, train.field(place), pa.array(np.zeros(len(train)), train.field(place).type)
                )
        return Pondering.of(Linear().fit(train, valid, goal, budget), self.seconds)
