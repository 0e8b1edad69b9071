"""Refit: the members of a blend learn from all rows, each on one thread, side by side on the workers.

Where time is left, those that chance has a part in learn several times and are averaged (bagging, Breiman 1996).

Several threads for one fit would be faster on a machine that has nothing else to do; on one that has, boosting on two
threads was measured to take ten to thirty times as long as on one: the threads wait for each other at every node.
"""

import time
from collections.abc import Mapping
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, cast

import pyarrow as pa

from mainspring.model import open_part
from mainspring.steps.learn.learner import Budget, Goal, Learner, Work
from mainspring.steps.learn.tabular.scores import Averages
from mainspring.steps.learn.terms import KillsWorkers, Terms, of_time
from mainspring.steps.learn.text.rows import Blendable
from mainspring.steps.learn.trial.fold import read_features, write_features
from mainspring.steps.learn.trial.memory import give_back, kept_within
from mainspring.steps.learn.trial.tries import DIED, OVERDUE, reason_of

ALL = "all.arrow"
GRACE = 10.0
"""Seconds after the time is up until a first fit is given up: without it there may be no model at all."""
MOMENT = (0.02, 1.0)
"""What a first fit may take however late it is: a share of the time, and the most seconds."""
SEEDS_APART = 7919


def learn_all(place: Path, learner: Learner, goal: Goal, budget: Budget, memory: int | None) -> Work:
    """Learn from ``all.arrow`` beside ``place``, save to there; what the clock allowed. Runs in a worker."""
    give_back()
    with kept_within(memory, _word(place)):
        model = learner.fit(read_features(place.parent / ALL), None, goal, budget)
    model.save(place)
    budget.is_over()
    return budget.work


def _word(place: Path) -> Path:
    return place.with_suffix(".word")


@dataclass
class Refit:
    """Learns in ``folder`` until ``until`` (``time.monotonic()`` seconds); each worker may take ``memory`` bytes. ``shared`` is the folder
    of the search, where fits left what others may need.

    ``learned`` has the models of each learner, ``cut`` those that ran out of time, ``failed`` says why of the others.
    """

    folder: Path
    shared: Path
    goal: Goal
    terms: Terms
    until: float
    memory: int | None
    learned: dict[str, list[Blendable]] = field(default_factory=dict[str, list[Blendable]])
    cut: set[str] = field(default_factory=set[str])
    failed: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, features: pa.Table) -> None:
        """Features of all rows with their answers."""
        write_features(features, self.folder / ALL)

    def model(self, name: str, bags: int) -> Blendable:
        """The average of at most so many of what this learner learned."""
        first, *others = self.learned[name][:bags]
        return first.averaged(others) if others and isinstance(first, Averages) else first

    def learn(self, learners: Mapping[str, Learner]) -> None:
        # A worker's death takes all that is under way with it; alone, the guilty one is known.
        for name in self._learn(learners, 0):
            for guilty in self._learn({name: learners[name]}, 0):
                self.failed[guilty] = DIED

    def again(self, learners: Mapping[str, Learner], bags: int) -> None:
        """Learn each that chance has a part in until there are ``bags`` models; what fails or is cut short is done without."""
        for bag in range(1, bags):
            more = {n: learner for n, learner in learners.items() if isinstance(self.learned[n][0], Averages)}
            failed, cut = dict(self.failed), set(self.cut)
            died = self._learn(more, bag)
            spoiled = {*died, *(self.failed.keys() - failed.keys())}
            short = self.cut - cut
            self.failed, self.cut = failed, cut
            for name in short - spoiled:
                self.learned[name].pop()
            if spoiled or short:
                return

    def _learn(self, learners: Mapping[str, Learner], bag: int) -> list[str]:
        """Returns those whose worker died."""
        known = {name: self._known(name, bag) for name in learners}
        self.failed |= {name: str(then["failed"]) for name, then in known.items() if then and then["failed"]}
        places = {name: Path(mkdtemp(dir=self.folder)) for name in known if name not in self.failed}
        begun = {self._begin(place, learners[name], bag, known[name]): (name, place) for name, place in places.items()}
        left = self.until - time.monotonic()
        # Whoever comes after one that did not end in time begins late itself, and is the cheapest there is.
        done, late = wait(begun, max(0.0, left) if bag else max(left + GRACE, GRACE / 2))
        if late and isinstance(self.terms.executor, KillsWorkers):
            self.terms.executor.kill_workers()
        self.failed |= {begun[future][0]: OVERDUE for future in late}
        died = [begun[future][0] for future in done if not self._took(future, *begun[future], bag)]
        for name in learners:
            if name in self.failed or name in died:
                self._note(name, bag, failed=self.failed.get(name, DIED))
        return died

    def _begin(
        self, place: Path, learner: Learner, bag: int, then: Mapping[str, Any] | None
    ) -> Future[Work]:  # fmt: skip
        work = Work() if then is None else Work.from_dict(then["work"]).follows()
        goal = replace(self.goal, seed=self.goal.seed + SEEDS_APART * bag)
        # A model that was cut short at once would be far worse than one that is a moment late.
        moment = 0.0 if bag else of_time(MOMENT, self.terms.limits)
        until = max(self.until, time.monotonic() + moment)
        budget = Budget(until, 1, work, self.shared)
        return self.terms.executor.submit(learn_all, place, learner, goal, budget, self.memory)

    def _known(self, name: str, bag: int) -> Mapping[str, Any] | None:
        """What became of it in the search that is followed."""
        followed = self.terms.ledger.followed
        return None if followed is None else followed.known(_key(name, bag))

    def _note(self, name: str, bag: int, *, failed: str | None = None, work: Work | None = None) -> None:
        told = {"failed": failed, "work": None if work is None else work.to_dict()}
        self.terms.ledger.note(_key(name, bag), told)

    def _took(self, future: Future[Work], name: str, place: Path, bag: int) -> bool:
        try:
            work = future.result()
            model = cast(Blendable, open_part(place, self.terms.kinds))
        except BrokenProcessPool:
            if not _word(place).exists():
                return False
            self.failed[name] = _word(place).read_text()
        except Exception as error:  # whatever a candidate throws is that candidate's failure, not the run's
            self.failed[name] = reason_of(error)
        else:
            self.learned.setdefault(name, []).append(model)
            self.cut |= {name} if work.cut else set()
            self._note(name, bag, work=work)
        return True


def _key(name: str, bag: int) -> str:
    return f"{name} on all rows, bag {bag + 1}"
