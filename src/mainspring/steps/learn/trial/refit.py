"""Refit: the members of a blend learn from all rows, each on one thread, side by side on the workers.

Several threads for one fit would be faster on a machine that has nothing else to do; on one that has, boosting on two
threads was measured to take ten to thirty times as long as on one: the threads wait for each other at every node.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import cast

import pyarrow as pa

from mainspring.model import open_part
from mainspring.steps.learn.learner import Budget, Goal, Learner
from mainspring.steps.learn.tabular.scores import Scores
from mainspring.steps.learn.terms import KillsWorkers, Terms
from mainspring.steps.learn.trial.fold import read_features, write_features
from mainspring.steps.learn.trial.tries import DIED, OVERDUE, reason_of

ALL = "all.arrow"
GRACE = 10.0
"""Seconds after the time is up until a fit is given up: without it there may be no model at all."""


def learn_all(folder: Path, place: Path, learner: Learner, goal: Goal, until: float) -> bool:
    """Learn from ``all.arrow`` in ``folder``, save to ``place``; whether the time sufficed. Runs in a worker."""
    budget = Budget(until, 1)
    model = learner.fit(read_features(folder / ALL), None, goal, budget)
    model.save(place)
    return budget.seconds > 0.0


@dataclass
class Refit:
    """Learns in ``folder`` until ``until`` (``time.monotonic()`` seconds).

    ``models`` are those that were learned, ``cut`` those of them that ran out of time, ``failed`` says why of the others.
    """

    folder: Path
    goal: Goal
    terms: Terms
    until: float
    models: dict[str, Scores] = field(default_factory=dict[str, Scores])
    cut: set[str] = field(default_factory=set[str])
    failed: dict[str, str] = field(default_factory=dict[str, str])

    def take(self, features: pa.Table) -> None:
        """Features of all rows with their answers."""
        write_features(features, self.folder / ALL)

    def learn(self, learners: Mapping[str, Learner]) -> None:
        # A worker's death takes all that is under way with it; alone, the guilty one is known.
        for name in self._learn(learners):
            for guilty in self._learn({name: learners[name]}):
                self.failed[guilty] = DIED

    def _learn(self, learners: Mapping[str, Learner]) -> list[str]:
        """Returns those whose worker died."""
        begun = {self._begin(place, learners[name]): (name, place) for name, place in self._places(learners)}
        done, late = wait(begun, max(0.0, self.until + GRACE - time.monotonic()))
        if late and isinstance(self.terms.executor, KillsWorkers):
            self.terms.executor.kill_workers()
        self.failed |= {begun[future][0]: OVERDUE for future in late}
        return [begun[future][0] for future in done if not self._took(future, *begun[future])]

    def _places(self, learners: Iterable[str]) -> list[tuple[str, Path]]:
        return [(name, Path(mkdtemp(dir=self.folder))) for name in sorted(learners)]

    def _begin(self, place: Path, learner: Learner) -> Future[bool]:
        return self.terms.executor.submit(learn_all, self.folder, place, learner, self.goal, self.until)

    def _took(self, future: Future[bool], name: str, place: Path) -> bool:
        try:
            sufficed = future.result()
            self.models[name] = cast(Scores, open_part(place, self.terms.kinds))
        except BrokenProcessPool:
            return False
        except Exception as error:  # whatever a candidate throws is that candidate's failure, not the run's
            self.failed[name] = reason_of(error)
        else:
            self.cut |= set() if sufficed else {name}
        return True
