"""Finish: from candidates to one model: select within the limits, calibrate, learn on all rows, measure."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.errors import LearnError, LimitTooTight
from mainspring.model import Model, Prepared, Question, Transform, seal
from mainspring.steps.learn.blend.calibrate import calibrate
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.conform import coverage_of
from mainspring.steps.learn.blend.coverage import Coverage
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.blend.scope import Scope
from mainspring.steps.learn.blend.scoping import scope_of
from mainspring.steps.learn.finish.blending import SURELY, Blending, Shared
from mainspring.steps.learn.found import Kept
from mainspring.steps.learn.learner import Goal, Learner, Preparer
from mainspring.steps.learn.stack.fit import Stack, Stacking
from mainspring.steps.learn.stack.model import StackedModel
from mainspring.steps.learn.tabular.lesson import with_answers
from mainspring.steps.learn.tabular.scores import Averages, Scores
from mainspring.steps.learn.terms import Terms, of_time
from mainspring.steps.learn.text.rows import Blendable, Layout, Reads, widest
from mainspring.steps.learn.timing import latency, memory_of, peak, size_of
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.clocked import BAGS
from mainspring.steps.learn.trial.fold import RECORDS
from mainspring.steps.learn.trial.judge import Judge
from mainspring.steps.learn.trial.refit import Refit

Floats = npt.NDArray[np.float64]
Record = dict[str, Any]
MARGIN = 1.2
"""What learning a row of all rows may cost more than learning a row of a fold did."""
PRESSED = 0.8
"""The share of that time in which a candidate may still learn on all rows: it minds the clock, and learns less or in larger steps."""
SOON = 1.0
"""Seconds that may be taken for learning on all rows however few are left: the cheapest of all would be far worse, at times."""
RESERVE = (0.05, 3.0)
"""Kept for measuring: a share of the limit, and the most seconds."""
MOST_BAGS = 5
STACKING = 0.4
"""Share of the time left in which a top may learn from the members' answers."""
LEAST_SHARE = 0.5
"""Of the rows that a fold learns from: by time, the first fold has fewer."""
MEASURING = 20.0
"""Seconds after which a worker is not waited for."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The model, its members' weights, its out-of-fold answers, the measured limits, and why candidates were left out."""

    model: Prepared
    weights: Mapping[str, float]
    oof: Floats
    calibration: str
    kept: tuple[Kept, ...]
    left_out: Mapping[str, str]
    preparing_ms: Mapping[str, float]


@dataclass(frozen=True)
class Finisher:
    """``tries`` are those that went through all folds of the ``judge`` in the search's ``folder``, each learned from ``share`` of the rows.

    The search ``began`` and is to ``end`` at these times (``time.monotonic()`` seconds). Each worker may take ``memory`` bytes.
    """

    tries: Mapping[str, Try]
    judge: Judge
    goal: Goal
    terms: Terms
    share: float
    folder: Path
    began: float
    end: float
    memory: int | None

    def finish(self, table: pa.Table, preparer: Preparer) -> Finished:
        self.terms.progress("preparing all rows", 0.82)
        prepared = preparer.fit(table)
        transform, features = cast(Transform, prepared.transform), with_answers(prepared.train, table, self.goal)
        records = cast(list[Record], table.slice(0, RECORDS).to_pylist())
        preparing = self.terms.ledger.tell("ms a row's features", lambda: latency(transform.apply_one, records))
        layout, made = Layout(transform.output), [transform.apply_one(record) for record in records]
        making = self.terms.ledger.tell("ms a row of them", lambda: latency(layout.row, made)["p50"])
        with TemporaryDirectory(prefix="mainspring-") as folder:
            refit = Refit(Path(folder), self.folder, self.goal, self.terms, self._until, self.memory)
            refit.take(features)
            return self._finished(refit, transform, features, records, Shared(preparing, making))

    def _finished(
        self, refit: Refit, transform: Transform, features: pa.Table, records: Sequence[Record], shared: Shared,
    ) -> Finished:  # fmt: skip
        preparing = shared.features
        left_out = self._too_slow_alone(preparing["p95"])
        broken: list[Kept] = []
        most_bags, stacks = MOST_BAGS, self._may_be_stacked
        while True:
            names = self._selected(left_out, refit, shared)
            self._learn(names, refit)
            if not refit.failed.keys() <= left_out.keys():
                left_out |= {name: f"on all rows: {reason}" for name, reason in refit.failed.items()}
                continue
            stack = self._stacked(names, refit, features) if stacks else None
            answers = self.blending.mixed(names) if stack is None else stack.answers
            calibration = self._calibration(answers)
            calibrated = calibration.apply(answers)
            members = [refit.learned[name][0] for name in names]
            adjusted = calibration, self._coverage(calibrated), self._scope(calibrated, members, features)
            once = self._prepared(transform, names, refit, (1, stack), adjusted)
            bags = min(most_bags, self._bags(names, lambda once=once: latency(once.predict_one, records), preparing))
            refit.again({name: self._tuned(name) for name in names}, bags)
            self._note_bags(names, refit, bags)
            model = once if bags == 1 else self._prepared(transform, names, refit, (bags, stack), adjusted)
            self.terms.progress("measuring", 0.97)
            model, kept = self._measured(model, records)
            over = [k for k in kept if not k.ok and k.limit not in ("time", "training_memory")]
            if not over:
                return Finished(
                    model, names, calibration.apply(answers), calibration.method, tuple(kept), left_out, preparing
                )
            if any(len(refit.learned[name][:bags]) > 1 for name in names):
                most_bags = 1
                continue
            if stack is not None:
                stacks = False
                continue
            broken.append(over[0])
            left_out[self._worst(over[0], names, refit)] = f"with it the model does not keep the {over[0].limit} limit"
            if len(left_out) == len(self.tries):
                raise _too_tight(broken)

    def _too_slow_alone(self, preparing: float) -> dict[str, str]:
        limit = self.terms.limits.latency
        whole = {name: t.latency_ms["p95"] + preparing for name, t in self.tries.items()}
        slow = (
            {}
            if limit is None
            else {n: "alone it is slower than the latency limit" for n, ms in whole.items() if ms > limit * 1000}
        )
        if limit is not None and len(slow) == len(whole):
            fastest = min(whole.values()) / 1000
            raise _too_tight([Kept("latency", limit, fastest, False)])
        return slow

    def _selected(self, left_out: Mapping[str, str], refit: Refit, shared: Shared) -> dict[str, float]:
        """The weights of the best blend that can still be learned in the time left."""
        costs = {n: 0.0 if n in refit.learned else self._cost(t) for n, t in self.tries.items() if n not in left_out}
        if not costs:
            raise LearnError(
                "no candidate could be learned on all rows: " + "; ".join(f"{n}: {why}" for n, why in left_out.items()),
                where=self.goal.target, remedy="look at the reasons",
            )  # fmt: skip
        limit = self.terms.limits.latency
        room = None if limit is None else max(0.0, limit * 1000 - shared.features["p95"])
        left = self._left()
        moment = max(left, SOON) if left else 0.0
        among = [n for n, cost in costs.items() if PRESSED * cost <= moment]
        if not among:
            return self._soonest(costs, room)
        while True:
            weights = self.blending.blend(among, room, shared)
            # Choosing takes time itself.
            left = self._left()
            wanted = {n: costs[n] for n in weights}
            together = self._together(wanted)
            # Where some wait for others to end, the last would go without all that is lacking.
            pressed = PRESSED if together == max(wanted.values()) else 1.0
            if len(weights) == 1 or pressed * together <= max(left, SOON):
                return weights
            if left <= 0.0:
                return self._soonest(costs, room)
            # Of a blend that takes too long, another without its slowest is better than a part of it.
            among.remove(max(weights, key=costs.__getitem__))

    def _soonest(self, costs: Mapping[str, float], room: float | None) -> dict[str, float]:
        """The best by itself of those that take a moment: the time is up, or too little of it is left for any."""
        soon = [n for n, cost in costs.items() if cost <= max(SOON, min(costs.values()))]
        return self.blending.best(soon, room) if soon[1:] else {soon[0]: 1.0}

    @cached_property
    def blending(self) -> Blending:
        return Blending(self.tries, self.judge, self.goal, self.terms, self._left)

    @cached_property
    def _workers(self) -> int:
        return self.terms.ledger.tell("workers", lambda: self.terms.workers)

    def _together(self, costs: Mapping[str, float]) -> float:
        """Seconds until the workers have learned all, each the longest that is left (Graham 1969)."""
        busy = [0.0] * max(1, self._workers)
        for cost in sorted(costs.values(), reverse=True):
            busy[busy.index(min(busy))] += cost
        return max(busy)

    def _learn(self, names: Mapping[str, float], refit: Refit) -> None:
        lacking = sorted((n for n in names if n not in refit.learned), key=lambda n: -self._cost(self.tries[n]))
        if lacking:
            self.terms.progress(f"learning {', '.join(lacking)} on all rows", 0.85)
        refit.learn({name: self._tuned(name) for name in lacking})

    def _bags(
        self, names: Mapping[str, float], once: Callable[[], Mapping[str, float]], preparing: Mapping[str, float]
    ) -> int:  # fmt: skip
        """How often the members can be learned in the time left, and answer in the time that an answer may take.

        ``once`` measures the milliseconds a row where each is learned once.
        """
        seconds = self._together({name: self._cost(self.tries[name]) for name in names})
        in_time = 1 + self._left() * SURELY / max(seconds, 1e-6)
        if self.terms.limits.interpretable or in_time < 2.0:
            return 1
        limit = self.terms.limits.latency
        allowed = self.blending.quick if limit is None else limit * 1000 * SURELY
        row = self.terms.ledger.tell("ms a row, learned once", once)["p50"]
        by_latency = 1 + (allowed - row) / max(row - preparing["p50"], 1e-6)
        return int(max(1, min(in_time, by_latency, MOST_BAGS)))

    def _note_bags(self, names: Mapping[str, float], refit: Refit, bags: int) -> None:
        chancy = any(isinstance(refit.learned[name][0], Averages) for name in names)
        if bags < MOST_BAGS and chancy and not self.terms.limits.interpretable:
            self.terms.ledger.note(BAGS, bags)

    @property
    def _until(self) -> float:
        """When all is to be learned (``time.monotonic()`` seconds)."""
        return self.end - of_time(RESERVE, self.terms.limits)

    def _left(self) -> float:
        """Seconds."""
        return self.terms.ledger.tell("seconds left", lambda: max(0.0, self._until - time.monotonic()))

    def _tuned(self, name: str) -> Learner:
        learner, tuned = self.tries[name].learner, self.tries[name].tuned
        return replace(cast(Any, learner), tuned=tuned) if tuned else learner

    def _cost(self, attempt: Try) -> float:
        """Seconds to learn on all rows, from those on the folds, each of which lacked its share."""
        return MARGIN * attempt.again_seconds / self.share

    def _calibration(self, answers: Floats) -> Calibration:
        if self.goal.question == Question.NUMBER:
            return Calibration()
        prefers = self.judge.prefers if self.judge.follows_gain else None
        return calibrate(answers, self.judge.truth.astype(np.int64), self.goal.seed, self.judge.weights, prefers)

    def _coverage(self, answers: Floats) -> Coverage | None:
        share = self.terms.coverage
        if share is None:
            return None
        return coverage_of(answers, self.judge.truth, self.goal.question, share, self.judge.weights)

    def _scope(self, answers: Floats, members: Sequence[Blendable], features: pa.Table) -> Scope | None:
        share = self.terms.out_of_scope
        if share is None or self.goal.question == Question.NUMBER:
            return None
        rows = Layout(widest(members).card.input).rows(features.take(pa.array(self.judge.rows)))
        return scope_of(answers, self.judge.truth.astype(np.int64), 1.0 - share, members, rows, self.folder)

    @property
    def _may_be_stacked(self) -> bool:
        """A top is for numbers (``stack/fit.py``), nobody reads it whole, and by time the folds do not stand for each other."""
        is_number = self.goal.question == Question.NUMBER
        return is_number and not self.terms.limits.interpretable and self.share >= LEAST_SHARE and self._left() > 0.0

    def _stacked(self, names: Mapping[str, float], refit: Refit, features: pa.Table) -> Stack | None:
        if any(isinstance(refit.learned[name][0], Reads) for name in names):
            return None
        self.terms.progress("learning from the members' answers", 0.92)
        left = self._left()
        # Done again, it takes the time that it takes.
        until = refit.until if self.terms.ledger.followed else time.monotonic() + STACKING * left
        with TemporaryDirectory(dir=refit.folder) as folder:
            stacking = Stacking(self.judge, self.goal, self.terms, features, Path(folder), until, self.memory)
            return stacking.stacked(
                [self.judge.answers(self.tries[name].results) for name in names], self.blending.mixed(names)
            )

    def _prepared(
        self, transform: Transform, names: Mapping[str, float], refit: Refit, learned: tuple[int, Stack | None],
        adjusted: tuple[Calibration, Coverage | None, Scope | None],
    ) -> Prepared:  # fmt: skip
        bags, stack = learned
        members = [refit.model(name, bags) for name in names]
        notes = tuple(f"{name} × {weight:.2f}" for name, weight in names.items())
        notes += tuple(f"{name} ran out of time on all rows: more may do better" for name in names if name in refit.cut)
        notes += tuple(f"{name}: {note}" for name, one in zip(names, members, strict=True) for note in one.card.notes)
        # Who reads takes the texts beside the numbers that all take.
        card = replace(widest(members).card, kind="blend", notes=notes)
        weights = list(names.values())
        if stack is not None:
            note = f"trees over the members' answers × {stack.share:.2f}"
            card = replace(card, notes=(*notes, note))
            inner = replace(card, kind="stacked", notes=())
            members = [StackedModel(inner, cast(Sequence[Scores], members), weights, stack.top, stack.share)]
            weights = [1.0]
        blend = Blend(card, members, weights, *adjusted)
        return Prepared(transform, blend, replace(blend.card, kind="prepared", input=transform.input))

    def _measured(self, model: Prepared, records: Sequence[Record]) -> tuple[Prepared, list[Kept]]:
        limits, ledger = self.terms.limits, self.terms.ledger
        model.ready()
        spent = ledger.tell("ms a row", lambda: latency(model.predict_one, records))
        with TemporaryDirectory(prefix="mainspring-") as name:
            folder = Path(name) / "model"
            _save(cast(Model, model), folder)
            seal(folder)
            memory, size = ledger.tell("bytes in memory", lambda: self._memory(folder)), size_of(folder)
        used = ledger.tell("seconds used", lambda: time.monotonic() - self.began)
        kept = [Kept("time", limits.time, used, used <= limits.time * 1.05)]
        if limits.latency is not None:
            kept.append(Kept("latency", limits.latency, spent["p95"] / 1000, spent["p95"] <= limits.latency * 1000))
        if limits.memory is not None:
            kept.append(Kept("memory", limits.memory, memory, memory <= limits.memory))
        if limits.training_memory is not None:
            most = max(t.memory for t in self.tries.values())
            taken = ledger.tell("bytes while learning", lambda: peak() + self.terms.workers * most)
            kept.append(Kept("training_memory", limits.training_memory, taken, taken <= limits.training_memory))
        card = replace(model.card, latency_ms=spent, memory_mb=memory / 1e6, size_mb=size / 1e6, training_seconds=used)
        return replace(model, card=card), kept

    def _memory(self, folder: Path) -> int:
        try:
            return self.terms.executor.submit(memory_of, folder, self.terms.kinds).result(MEASURING)
        except (BrokenProcessPool, TookTooLong):
            # The workers are taken or gone; what it adds to this process says as much.
            return memory_of(folder, self.terms.kinds)

    def _worst(self, broken: Kept, names: Mapping[str, float], refit: Refit) -> str:
        """The member to do without: the slowest, or the largest."""
        if broken.limit == "latency":
            return max(names, key=lambda name: self.tries[name].latency_ms["p95"])
        with TemporaryDirectory(prefix="mainspring-") as place:
            return max(names, key=lambda name: size_of(_save(refit.model(name, 1), Path(place) / name)))


def _save(model: Model, folder: Path) -> Path:
    folder.mkdir()
    model.save(folder)
    return folder


def _too_tight(broken: Sequence[Kept]) -> LimitTooTight:
    least = min((k for k in broken if k.limit == broken[-1].limit), key=lambda k: k.measured)
    declared, nearest = (
        (f"{least.declared * 1000:g}ms", f"{_rounded_up(least.measured * 1000):g}ms")
        if least.limit == "latency"
        else (f"{least.declared / 1e6:g}MB", f"{_rounded_up(least.measured / 1e6):g}MB")
    )
    return LimitTooTight(
        f"no model keeps the {least.limit} limit of {declared}", where=f"learn.limits.{least.limit}",
        remedy=f"the nearest that can be kept here is {nearest}",
    )  # fmt: skip


def _rounded_up(measured: float) -> float:
    """With a margin, to two figures, so that naming it as the limit works on a busy machine too."""
    digits = 10.0 ** (np.floor(np.log10(measured)) - 1)
    return float(np.ceil(measured * 1.5 / digits) * digits)
