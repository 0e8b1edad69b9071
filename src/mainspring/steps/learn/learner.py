"""Learner: the one interface of learning."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

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
    are to learn on; None: whichever is installed. ``pair`` are two columns of text that are read together.
    """

    question: Question
    target: str
    metric: str
    classes: tuple[Label, ...] = ()
    positive: Label | None = None
    weight: str | None = None
    seed: int = 0
    framework: Framework | None = None
    pair: tuple[str, str] | None = None

    @property
    def outputs(self) -> int:
        """Scores a row that are learned: one a class where there are more than two, else one."""
        return len(self.classes) if len(self.classes) > 2 else 1


@dataclass
class Work:
    """What the clock decided in one fit: the units it ``granted``, in order, and at which asking the time was ``over``.

    All else in a fit follows from its rows, settings and seed, so that a fit that :meth:`follows` this does the same again,
    however fast the machine. ``scant`` says of each grant whether it was less than wanted.
    """

    granted: list[float] = field(default_factory=list[float])
    scant: list[bool] = field(default_factory=list[bool])
    over: int | None = None
    _asked: int = field(default=0, repr=False, compare=False)
    _followed: "Work | None" = field(default=None, repr=False, compare=False)

    @property
    def cut(self) -> bool:
        """The time was up before it was done."""
        return self.over is not None

    @property
    def paced(self) -> bool:
        """It did less, or larger steps, than it would have done with more time."""
        return any(self.scant)

    def follows(self) -> "Work":
        """An empty one, to which is granted what was granted to this, whatever the clock says."""
        return Work(_followed=self)

    def grant(self, wanted: float, affordable: Callable[[], float]) -> float:
        known = None if self._followed is None else self._followed.granted
        at = len(self.granted)
        units = min(wanted, affordable()) if known is None else min(wanted, known[at] if at < len(known) else wanted)
        self.granted.append(units)
        self.scant.append(units < wanted)
        return units

    def is_over(self, clock: Callable[[], bool]) -> bool:
        if self.over is not None:
            return True
        followed = self._followed
        over = clock() if followed is None else self._asked == followed.over
        if over:
            self.over = self._asked
        self._asked += 1
        return over

    def to_dict(self) -> dict[str, Any]:
        return {"granted": self.granted, "scant": self.scant, "over": self.over}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError where it is not what :meth:`to_dict` writes."""
        over = plain["over"]
        granted, scant = [float(units) for units in plain["granted"]], [bool(one) for one in plain["scant"]]
        return cls(granted, scant, None if over is None else int(over))


@dataclass(frozen=True, slots=True)
class Budget:
    """What a fit may use: until ``deadline`` (``time.monotonic()`` seconds), on ``threads`` threads. ``shared`` is a folder of all fits
    of one search: what is costly and the same for several may be left there.

    Whatever a learner does by the clock it asks :meth:`allowed` and :meth:`is_over`: then ``work`` knows, and the fit can be
    done again. ``seconds`` is for estimates alone.
    """

    deadline: float
    threads: int = 1
    work: Work = field(default_factory=Work)
    shared: Path | None = None

    @property
    def seconds(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline - time.monotonic())

    def is_over(self) -> bool:
        """Whether the time is up: the fit is to end with what it has."""
        return self.work.is_over(lambda: time.monotonic() >= self.deadline)

    def allowed(self, wanted: float, affordable: Callable[[], float]) -> float:
        """So many units of work as are ``wanted``, or as are ``affordable`` in the seconds left, which may take a trial."""
        return self.work.grant(wanted, affordable)

    def enough(self) -> None:
        """What was allowed last sufficed, or is followed by more: it was no less than wanted after all."""
        if self.work.scant:
            self.work.scant[-1] = False


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

        Raises:
            NotInTime: the time is too short for anything; with more of it, it is asked again.
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
