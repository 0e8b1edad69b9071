"""Blending: which of the tried candidates make the blend, within the time that a row may take and that is left for choosing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.blend.select import BAGS, DRAWN, JUDGED, Room, bagged, mixed, select
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.terms import Terms
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.judge import Judge

Floats = npt.NDArray[np.float64]

QUICK = 0.2
"""Milliseconds a row, for each two classes, that a blend or bagging may lead to where no limit of latency is declared; one candidate alone
may take longer, and be blended then (``BESIDE``)."""
QUICK_READ = 5.0
"""The same where there is a text to read: reading one takes longer than walking trees."""
BESIDE = 2.0
"""How much longer a blend may take than a candidate alone that is better than all the quick ones together."""
SURELY = 0.8
"""Share of the time left, or of what a limit allows, that is counted on where estimates may be wrong."""
CHOOSING, FEWEST_DRAWS = 0.25, 4
"""Share of the time left in which a blend may be chosen: of fewer draws, and these at least, it owes more to chance, but what cannot be
learned any more is of no use."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Milliseconds a row that a blend takes once, however many are its members: for its ``features`` (``p50``, ``p95``), and for making a
    ``row`` of numbers of them, with which each candidate was measured.
    """

    features: Mapping[str, float]
    row: float


@dataclass(frozen=True)
class Blending:
    """``tries`` are those that went through all folds of the ``judge``; ``left`` tells the seconds left. Blends are name → weight, and the
    weights sum to one.
    """

    tries: Mapping[str, Try]
    judge: Judge
    goal: Goal
    terms: Terms
    left: Callable[[], float]

    def blend(self, names: Sequence[str], limit: float | None, shared: Shared) -> dict[str, float]:
        """The best blend of these, of which a row may take ``limit`` milliseconds. Chance moves money: it is followed where it is surely
        more than what the surer measure would take.
        """
        if self.terms.limits.interpretable:
            return self.best(names, limit)
        if limit is not None:
            return self._chosen(names, Room(self._rows(names, "p95"), limit, cheap=limit * SURELY))
        quick = max(0.0, self.quick - shared.features["p50"] - shared.row)
        rows = {name: max(0.0, row - shared.row) for name, row in self._rows(names, "p50").items()}
        light = [name for name in names if rows[name] <= quick]
        alone = self._chosen(names, Room(rows, most=1))
        best = self.judge.surer(self.mixed(alone))
        if light:
            blend = self._chosen(light, Room(rows, quick, cheap=quick))
            if self.judge.surer(self.mixed(blend)) >= best:
                return blend
        blend = self._chosen(names, Room(rows, BESIDE * max(rows[name] for name in alone)))
        return blend if self.judge.surer(self.mixed(blend)) >= best else alone

    def best(self, names: Sequence[str], limit: float | None) -> dict[str, float]:
        """The best of these by itself."""
        return self._chosen(names, Room(self._rows(names, "p95"), limit, most=1))

    def mixed(self, weights: Mapping[str, float]) -> Floats:
        """What the blend of these weights answers (n × k)."""
        return mixed({name: self._answers(name) for name in weights}, weights)

    @property
    def quick(self) -> float:
        """Milliseconds that a row may take where no limit of latency is declared."""
        reads = self.terms.profile.count("text") > 0
        return max(QUICK_READ if reads else 0.0, QUICK * max(1.0, len(self.goal.classes) / 2))

    def _rows(self, names: Sequence[str], quantile: str) -> dict[str, float]:
        """Milliseconds a row."""
        return {name: self.tries[name].latency_ms[quantile] for name in names}

    def _chosen(self, names: Sequence[str], room: Room) -> dict[str, float]:
        answers = {name: self._answers(name) for name in names}
        surer = (
            select(answers, self.judge.surer, room)
            if room.most == 1
            else bagged(answers, self.judge.surer, self.judge.drawn, room, self.goal.seed, bags=self._draws())
        )
        if not self.judge.follows_gain:
            return surer
        richer = select(answers, self.judge.of, room)
        return richer if self.judge.prefers(self.mixed(richer), self.mixed(surer)) else surer

    def _draws(self) -> int:
        """On how many draws a blend is chosen."""
        all_draws = max(JUDGED * self._judging, 1e-6)
        return int(min(BAGS, max(FEWEST_DRAWS, BAGS * CHOOSING * self.left() / all_draws)))

    @cached_property
    def _judging(self) -> float:
        """Seconds that a blend is judged."""
        return self.terms.ledger.tell("seconds a blend is judged", lambda: self.judge.seconds(DRAWN))

    def _answers(self, name: str) -> Floats:
        return self.judge.answers(self.tries[name].results)
