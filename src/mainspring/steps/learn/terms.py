"""Terms: what a search goes by."""

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from mainspring.automation.learn import Limits
from mainspring.measure.gains import Gains
from mainspring.measure.profile import Profile
from mainspring.model import Kinds
from mainspring.steps.learn.learner import Learner, Progress


@dataclass(frozen=True, slots=True)
class Terms:
    """Limits, who does the work, who is told, and what is known of the data. ``learners`` are tried before the portfolio's.

    After the death of a worker the executor must take further work, as the engine's does; where it can also
    ``kill_workers``, a learner that overruns its time is ended, else its worker is given up.
    """

    limits: Limits
    executor: Executor
    workers: int
    progress: Progress
    profile: Profile
    kinds: Kinds
    gains: Gains | None = None
    candidates: tuple[str, ...] = ()
    learners: tuple[Learner, ...] = ()


@runtime_checkable
class KillsWorkers(Protocol):
    """An executor that can end what its workers do, and begin anew."""

    def kill_workers(self) -> None: ...
