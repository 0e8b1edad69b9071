"""Terms: what a search goes by."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from mainspring.automation.learn import Limits
from mainspring.measure.profile import Profile
from mainspring.measure.stakes import Stakes
from mainspring.model import Kinds
from mainspring.steps.learn.learner import Goal, Learner, Progress
from mainspring.steps.learn.record.ledger import Ledger

TELLING = (0.12, 7.0)
"""What evaluating and reporting take, once something was learned: a share of the time, and the most seconds."""


def kept_for_telling(limits: Limits) -> float:
    """Seconds of the limit of time."""
    return of_time(TELLING, limits)


def of_time(part: tuple[float, float], limits: Limits) -> float:
    """Seconds of the limit of time: a share of it, and the most that there may be."""
    return min(part[0] * limits.time, part[1])


@dataclass(frozen=True, slots=True)
class Standing:
    """A line of the leaderboard while the search goes on. ``score`` is in the unit of the metric that is followed."""

    name: str
    score: float | None
    seconds: float
    folds_done: int
    folds: int
    state: Literal["waiting", "learning", "done", "left out"]
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a search on earlier rows found. Its ``members`` are tried first, then the others in this ``order``, by name; those that
    ``lost`` then are not tried at all, each with the reason in a line."""

    members: tuple[Learner, ...] = ()
    order: tuple[str, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict[str, str])

    def first(self, learners: Sequence[Learner], goal: Goal, profile: Profile) -> tuple[list[Learner], dict[str, str]]:
        """All that are to be tried, in order, where ``learners`` are those of the portfolio that fit; and name → why not."""
        place = {name: number for number, name in enumerate(self.order)}
        members = [learner for learner in self.members if learner.fits(goal, profile) is None]
        known = {learner.name for learner in members}
        rest = [one for one in learners if one.name not in known and one.name not in self.lost]
        rest.sort(key=lambda one: place.get(one.name, len(place)))
        left = {one.name: self.lost[one.name] for one in learners if one.name in self.lost and one.name not in known}
        return [*members, *rest], left


def _tell_nobody(standings: Sequence[Standing]) -> None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """Limits, who does the work, who is told, and what is known of the data. ``learners`` are tried before the portfolio's.

    After the death of a worker the executor must take further work, as the engine's does; where it can also
    ``kill_workers``, a learner that overruns its time is ended, else its worker is given up; where it can ``load``, its workers
    share the libraries that the learners come from. ``folder`` is where a search
    leaves what it has found so far, so that the same search, begun again after an interruption, goes on from there.
    ``coverage`` is the share of truths that an interval or a set beside each answer is to contain; of rows in scope so many may be taken
    for ``out_of_scope``. ``stakes`` are what deciding
    about the rows of the table gains, None where no gains are declared; in reckoning them so much was ``assumed``, in sentences.
    Whatever the search does by the clock or by measuring goes into the ``ledger``, or comes from the one that this follows. What an
    ``earlier`` search found comes first. Texts are read with the ``encoder`` of this name, else with the one that knows their letters;
    those that tune it do so ``tuned_with`` these settings.
    """

    limits: Limits
    executor: Executor
    workers: int
    progress: Progress
    profile: Profile
    kinds: Kinds
    stakes: Stakes | None = None
    assumed: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    learners: tuple[Learner, ...] = ()
    standings: Callable[[Sequence[Standing]], None] = _tell_nobody
    folder: Path | None = None
    coverage: float | None = None
    out_of_scope: float | None = None
    encoder: str | None = None
    ledger: Ledger = field(default_factory=Ledger)
    earlier: Earlier | None = None
    tuned_with: Mapping[str, Any] = field(default_factory=dict[str, Any])


@runtime_checkable
class KillsWorkers(Protocol):
    """An executor that can end what its workers do, and begin anew."""

    def kill_workers(self) -> None: ...


@runtime_checkable
class LoadsBefore(Protocol):
    """An executor whose workers share what they are known to need."""

    def load(self, modules: Sequence[str]) -> None: ...
