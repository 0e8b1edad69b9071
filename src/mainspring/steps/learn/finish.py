"""Finish: from candidates to one model: select within the limits, calibrate, learn on all rows, measure."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
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
from mainspring.steps.learn.blend.select import Room, bagged, select
from mainspring.steps.learn.found import Kept
from mainspring.steps.learn.learner import Goal, Learner, Preparer
from mainspring.steps.learn.tabular.lesson import with_answers
from mainspring.steps.learn.tabular.scores import Averages
from mainspring.steps.learn.terms import Terms
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
RESERVE = 2.0
"""Seconds kept for measuring, of a limit of some seconds less."""
SURELY = 0.8
"""Share of the time left, or of what a limit allows, that is counted on where estimates may be wrong."""
QUICK = 0.2
"""Milliseconds a row that bagging, or more members, may lead to where no limit of latency is declared."""
MOST_BAGS = 5
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
    """``tries`` are those that went through all folds of the ``judge``, each learned from ``share`` of the rows.

    The search ``began`` and is to ``end`` at these times (``time.monotonic()`` seconds). Each worker may take ``memory`` bytes.
    """

    tries: Mapping[str, Try]
    judge: Judge
    goal: Goal
    terms: Terms
    share: float
    began: float
    end: float
    memory: int | None

    def finish(self, table: pa.Table, preparer: Preparer) -> Finished:
        self.terms.progress("preparing all rows", 0.82)
        prepared = preparer.fit(table)
        transform, features = cast(Transform, prepared.transform), with_answers(prepared.train, table, self.goal)
        records = cast(list[Record], table.slice(0, RECORDS).to_pylist())
        preparing = self.terms.ledger.tell("ms a row's features", lambda: latency(transform.apply_one, records))
        until = self.end - min(RESERVE, 0.05 * self.terms.limits.time)
        with TemporaryDirectory(prefix="mainspring-") as folder:
            refit = Refit(Path(folder), self.goal, self.terms, until, self.memory)
            refit.take(features)
            return self._finished(refit, transform, records, preparing)

    def _finished(
        self, refit: Refit, transform: Transform, records: Sequence[Record], preparing: Mapping[str, float]
    ) -> Finished:
        left_out = self._too_slow_alone(preparing["p95"])
        broken: list[Kept] = []
        most_bags = MOST_BAGS
        while True:
            names = self._selected(left_out, refit, preparing["p95"])
            self._learn(names, refit)
            if not refit.failed.keys() <= left_out.keys():
                left_out |= {name: f"on all rows: {reason}" for name, reason in refit.failed.items()}
                continue
            answers = self._mixed(names)
            calibration = self._calibration(answers)
            bags = min(most_bags, self._bags(names, refit, preparing["p50"]))
            refit.again({name: self._tuned(name) for name in names}, bags)
            self._note_bags(names, refit, bags)
            coverage = self._coverage(calibration.apply(answers))
            model = self._prepared(transform, names, refit, bags, (calibration, coverage))
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
            broken.append(over[0])
            left_out[self._worst(over[0], names, refit)] = f"with it the model does not keep the {over[0].limit} limit"
            if len(left_out) == len(self.tries):
                raise _too_tight(broken)

    def _answers(self, name: str) -> Floats:
        return self.judge.answers(self.tries[name].results)

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

    def _selected(self, left_out: Mapping[str, str], refit: Refit, preparing: float) -> dict[str, float]:
        """The weights of the best blend that can still be learned in the time left."""
        left = self._left(refit)
        costs = {n: 0.0 if n in refit.learned else self._cost(t) for n, t in self.tries.items() if n not in left_out}
        if not costs:
            raise LearnError(
                "no candidate could be learned on all rows: " + "; ".join(f"{n}: {why}" for n, why in left_out.items()),
                where=self.goal.target, remedy="look at the reasons",
            )  # fmt: skip
        affordable = [n for n, cost in costs.items() if cost <= left] or [min(costs, key=costs.__getitem__)]
        limit = self.terms.limits.latency
        weights = self._blended(affordable, None if limit is None else max(0.0, limit * 1000 - preparing), preparing)
        heaviest = sorted(weights, key=lambda n: -weights[n])
        # Side by side on the workers, the last may have to wait for a share of the others (Graham 1969).
        spent = np.cumsum([costs[n] for n in heaviest]) / self.terms.workers + max(costs[n] for n in heaviest)
        fitting = [n for i, n in enumerate(heaviest) if i == 0 or spent[i] <= left]
        total = sum(weights[n] for n in fitting)
        return {n: weights[n] / total for n in fitting}

    def _blended(self, names: Sequence[str], limit: float | None, preparing: float) -> dict[str, float]:
        """The best blend of these. Chance moves money: it is followed where it is surely more than what the surer measure would take."""
        answers, costs = {n: self._answers(n) for n in names}, {n: self.tries[n].latency_ms["p95"] for n in names}
        cheap = max(0.0, QUICK * SURELY - preparing if limit is None else limit * SURELY)
        alone = self.terms.limits.interpretable
        room = Room(costs, limit, most=1) if alone else Room(costs, limit, cheap=cheap)
        surer = (
            select(answers, self.judge.surer, room)
            if alone
            else bagged(answers, self.judge.surer, self.judge.drawn, room, self.goal.seed)
        )
        if not self.judge.follows_gain:
            return surer
        richer = select(answers, self.judge.of, room)
        return richer if self.judge.prefers(self._mixed(richer), self._mixed(surer)) else surer

    def _mixed(self, weights: Mapping[str, float]) -> Floats:
        return np.sum([self._answers(name) * weight for name, weight in weights.items()], axis=0)

    def _learn(self, names: Mapping[str, float], refit: Refit) -> None:
        lacking = [name for name in names if name not in refit.learned]
        if lacking:
            self.terms.progress(f"learning {', '.join(lacking)} on all rows", 0.85)
        refit.learn({name: self._tuned(name) for name in lacking})

    def _bags(self, names: Mapping[str, float], refit: Refit, preparing: float) -> int:
        """How often the members can be learned in the time left, and answer in the time that an answer may take."""
        seconds = sum(self._cost(self.tries[name]) for name in names) / self.terms.workers
        left = self._left(refit) * SURELY
        row = sum(self.tries[name].latency_ms["p50"] for name in names)
        limit = self.terms.limits.latency
        if self.terms.limits.interpretable:
            return 1
        allowed = QUICK if limit is None else limit * 1000
        by_latency = (allowed * SURELY - preparing) / max(row, 1e-6)
        return int(max(1, min(1 + left / max(seconds, 1e-6), by_latency, MOST_BAGS)))

    def _note_bags(self, names: Mapping[str, float], refit: Refit, bags: int) -> None:
        chancy = any(isinstance(refit.learned[name][0], Averages) for name in names)
        if bags < MOST_BAGS and chancy and not self.terms.limits.interpretable:
            self.terms.ledger.note(BAGS, bags)

    def _left(self, refit: Refit) -> float:
        """Seconds."""
        return self.terms.ledger.tell("seconds left", lambda: max(0.0, refit.until - time.monotonic()))

    def _tuned(self, name: str) -> Learner:
        learner, tuned = self.tries[name].learner, self.tries[name].tuned
        return replace(cast(Any, learner), tuned=tuned) if tuned else learner

    def _cost(self, attempt: Try) -> float:
        """Seconds to learn on all rows, from those on the folds, each of which lacked its share."""
        return MARGIN * attempt.usual_seconds / self.share

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

    def _prepared(
        self, transform: Transform, names: Mapping[str, float], refit: Refit, bags: int,
        adjusted: tuple[Calibration, Coverage | None],
    ) -> Prepared:  # fmt: skip
        members = [refit.model(name, bags) for name in names]
        notes = tuple(f"{name} × {weight:.2f}" for name, weight in names.items())
        notes += tuple(f"{name} ran out of time on all rows: more may do better" for name in names if name in refit.cut)
        card = replace(members[0].card, kind="blend", notes=notes)
        blend = Blend(card, members, list(names.values()), *adjusted)
        return Prepared(transform, blend, replace(blend.card, kind="prepared", input=transform.input))

    def _measured(self, model: Prepared, records: Sequence[Record]) -> tuple[Prepared, list[Kept]]:
        limits, ledger = self.terms.limits, self.terms.ledger
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
