"""Fold: one learner on one fold, as a worker of the engine does it: from files of prepared features to out-of-fold scores."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import ipc

from mainspring.errors import LearnError
from mainspring.steps.learn.learner import Budget, Goal, Learner, Work
from mainspring.steps.learn.text.rows import scored
from mainspring.steps.learn.timing import latency, peak
from mainspring.steps.learn.trial.memory import give_back, kept_within

RECORDS = 64
UP = "the time was up before it could begin"
HURRIED = 0.6
LEARNING = 0.75
"""Share of a fold's time in which it learns; writing large models down and answering with them takes the rest."""


@dataclass(frozen=True, slots=True)
class FoldResult:
    """``scores`` of the fold's validation rows; ``tuned`` is what early stopping found; ``latency_ms`` is the model's alone.

    ``hurried`` says that it took most of the time it had: with more, it may do better. ``memory`` is the most bytes that its
    worker ever took, ``work`` what the clock allowed it. ``again`` is how many seconds it would take once more with what was ``tuned``,
    where that is less: then nothing is to be chosen.
    """

    scores: npt.NDArray[np.float64]
    tuned: Mapping[str, float]
    seconds: float
    latency_ms: Mapping[str, float]
    hurried: bool = False
    memory: int = 0
    work: Work = field(default_factory=Work)
    again: float | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long a fold may take: ``longest`` seconds from when its worker begins, never beyond ``until`` (``time.monotonic()``).

    The worker leaves ``mark``, an empty file, when it begins: what it takes to start is not the learner's time. It may take
    ``memory`` bytes; one that takes more leaves ``word`` of it and ends. With ``work``, it does that and measures nothing.
    """

    longest: float
    until: float
    mark: Path
    memory: int | None = None
    work: Work | None = None

    @property
    def word(self) -> Path:
        return self.mark.with_suffix(".word")

    def begun(self) -> Budget:
        """The learner's budget: what is left of the allowance goes into its answers."""
        self.mark.touch()
        now = time.monotonic()
        deadline = now + LEARNING * max(0.0, min(self.until - now, self.longest))
        return Budget(deadline, 1, Work() if self.work is None else self.work.follows(), self.mark.parent)


def learn_fold(folder: Path, fold: int, learner: Learner, goal: Goal, allowance: Allowance) -> FoldResult:
    """Learn from ``train-<fold>.arrow`` and score ``valid-<fold>.arrow`` in ``folder``. Runs in a worker."""
    # Before the clock runs: what a process looks through to give back may be much, and none of it the learner's.
    give_back()
    budget = allowance.begun()
    if budget.seconds == 0.0:
        raise LearnError(UP)
    train, valid = read_features(folder / f"train-{fold}.arrow"), read_features(folder / f"valid-{fold}.arrow")
    began, had = time.monotonic(), budget.seconds
    with kept_within(allowance.memory, allowance.word):
        model = learner.fit(train, valid, goal, budget)
    seconds = time.monotonic() - began
    features = valid.select(model.card.input.names)
    records = features.slice(0, RECORDS).to_pylist()
    return FoldResult(
        scored(model, features), getattr(model, "tuned", {}), seconds,
        latency(model.predict_one, records) if allowance.work is None else {}, seconds > HURRIED * had, peak(), budget.work,
        getattr(model, "again", None),
    )  # fmt: skip


def write_features(table: pa.Table, path: Path) -> None:
    """Under its name only once it is whole."""
    draft = path.with_suffix(".draft")
    with ipc.new_file(draft, table.schema) as file:
        file.write_table(table)
    draft.replace(path)


def read_features(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return ipc.open_file(source).read_all()
