"""Learner: the one interface of learning."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.automation.learn import Framework
from mainspring.measure.profile import Profile
from mainspring.model import Label, Model, Question, Transform


@dataclass(frozen=True, slots=True)
class Goal:
    """What is asked: the ``question``, of which column, judged by which metric.

    ``classes`` are in the order in which every probability array has its columns; ``positive`` is one of two, else None.
    ``weight`` names a column of the training table that says how much each row counts. ``framework`` is the one that networks
    are to learn on; None: whichever is installed.
    """

    question: Question
    target: str
    metric: str
    classes: tuple[Label, ...] = ()
    positive: Label | None = None
    weight: str | None = None
    seed: int = 0
    framework: Framework | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a fit may use: until ``deadline`` (``time.monotonic()`` seconds), on ``threads`` threads."""

    deadline: float
    threads: int = 1

    @property
    def seconds(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline - time.monotonic())


class Learner(Protocol):
    """Something that learns. Stateless and picklable: all it knows is its own settings."""

    @property
    def name(self) -> str: ...

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        """None when this learner can serve the goal on such data, else why not (the report prints it)."""
        ...

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> Model:
        """Learn from feature tables that hold the target (and weight) column.

        ``valid`` serves early stopping; None means: train as declared, without. Returns before the deadline, with what it has.
        """
        ...


class Preparation(Protocol):
    """A fitted transform, and the features of the very rows it was fitted on, made so that no row saw its own target."""

    @property
    def transform(self) -> Transform: ...

    @property
    def train(self) -> pa.Table: ...


class Preparer(Protocol):
    """Fits a transform on raw rows. Declared here by its user; ``run/`` hands in the one of ``prepare/``. Picklable."""

    def fit(self, train: pa.Table) -> Preparation:
        """``train`` has the raw columns and the target; ``Preparation.train`` has the features only, in the same row order."""
        ...


Progress = Callable[[str, float], None]
"""Told what is being done and what share (0 to 1) is done."""

RowNumbers = Sequence[int] | npt.NDArray[np.int64]

Folds = Sequence[tuple[RowNumbers, RowNumbers]]
"""Row numbers (train, valid) a fold."""
