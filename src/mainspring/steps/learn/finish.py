"""Finish: from candidates to one model: select within the limits, calibrate, learn on all rows, measure."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.automation.learn import Limits
from mainspring.errors import LimitTooTight
from mainspring.model import Kinds, Prepared, Question, Transform, seal
from mainspring.steps.learn.blend.calibrate import calibrate
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.blend.select import select
from mainspring.steps.learn.fold import RECORDS
from mainspring.steps.learn.found import Kept
from mainspring.steps.learn.learner import Budget, Goal, Learner, Preparation, Preparer, Progress
from mainspring.steps.learn.tabular.scores import Scores
from mainspring.steps.learn.timing import latency, memory_of, size_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Finished:
    """The model, its members' weights and out-of-fold answers, and the measured limits."""

    model: Prepared
    weights: Mapping[str, float]
    allowed: frozenset[str]
    oof: Floats
    calibration: str
    kept: tuple[Kept, ...]
    preparing_ms: Mapping[str, float]


@dataclass(frozen=True)
class Finisher:
    """What is known of each candidate: its learner, what was tuned, its out-of-fold answers (n × k), its milliseconds a row."""

    learners: Mapping[str, Learner]
    tuned: Mapping[str, Mapping[str, float]]
    answers: Mapping[str, Floats]
    latencies: Mapping[str, Mapping[str, float]]
    truth: npt.NDArray[Any]
    judge: Callable[[Floats], float]

    def finish(
        self,
        table: pa.Table,
        goal: Goal,
        preparer: Preparer,
        limits: Limits,
        executor: Executor,
        kinds: Kinds,
        end: float,
        progress: Progress,
        workers: int,
    ) -> Finished:
        progress("preparing all rows", 0.82)
        prepared = preparer.fit(table)
        records = cast(list[dict[str, Any]], table.slice(0, RECORDS).to_pylist())
        preparing = latency(prepared.transform.apply_one, records)
        allowed = self._allowed(limits, preparing)
        models: dict[str, Scores] = {}
        while True:
            names = select(
                {n: self.answers[n] for n in allowed}, self.judge, {n: self.latencies[n]["p95"] for n in allowed},
                None if limits.latency is None else max(0.0, limits.latency * 1000 - preparing["p95"]),
            )  # fmt: skip
            for i, name in enumerate(sorted(names)):
                progress(f"learning {name} on all rows", 0.85 + 0.1 * i / len(names))
                if name not in models:
                    models[name] = self._learn(name, prepared, table, goal, Budget(end, workers))
            model, oof, method = self._blend(names, models, prepared, table, goal)
            progress("measuring", 0.97)
            kept, model = _measured(model, records, limits, executor, kinds, end)
            if all(k.ok for k in kept if k.limit != "time"):
                return Finished(model, names, frozenset(allowed), oof, method, kept, preparing)
            allowed = self._without_the_worst(allowed, names, kept)

    def _allowed(self, limits: Limits, preparing: Mapping[str, float]) -> list[str]:
        """Candidates that keep the latency limit alone; every one without such a limit."""
        if limits.latency is None:
            return list(self.answers)
        whole = {name: self.latencies[name]["p95"] + preparing["p95"] for name in self.answers}
        kept = [name for name, ms in whole.items() if ms <= limits.latency * 1000]
        if not kept:
            fastest = min(whole, key=whole.__getitem__)
            raise LimitTooTight(
                f"no candidate answers a row within {limits.latency * 1000:g} ms", where="learn.limits.latency",
                remedy=f"the nearest that can be kept here is {_rounded_up(whole[fastest]):g}ms ({fastest})",
            )  # fmt: skip
        return kept

    def _without_the_worst(self, allowed: list[str], names: Mapping[str, float], kept: tuple[Kept, ...]) -> list[str]:
        broken = next(k for k in kept if not k.ok and k.limit != "time")
        slowest = max(names, key=lambda name: self.latencies[name]["p95"])
        rest = [name for name in allowed if name != slowest]
        if not rest:
            unit = (
                f"{_rounded_up(broken.measured * 1000):g}ms"
                if broken.limit == "latency"
                else f"{-(-broken.measured // 10**6):g}MB"
            )
            raise LimitTooTight(
                f"no model keeps the {broken.limit} limit", where=f"learn.limits.{broken.limit}",
                remedy=f"the nearest that can be kept here is {unit}",
            )  # fmt: skip
        return rest

    def _learn(self, name: str, prepared: Preparation, table: pa.Table, goal: Goal, budget: Budget) -> Scores:
        learner = replace(cast(Any, self.learners[name]), tuned=dict(self.tuned[name]))
        features = prepared.train
        for column in (goal.target, goal.weight):
            if column is not None:
                features = features.append_column(table.schema.field(column), table.column(column))
        return learner.fit(features.combine_chunks(), None, goal, budget)

    def _blend(
        self,
        names: Mapping[str, float],
        models: Mapping[str, Scores],
        prepared: Preparation,
        table: pa.Table,
        goal: Goal,
    ) -> tuple[Prepared, Floats, str]:
        members = [models[name] for name in names]
        answers = np.sum([self.answers[name] * weight for name, weight in names.items()], axis=0)
        calibration = Calibration() if goal.question == Question.NUMBER else calibrate(answers, self.truth, goal.seed)
        card = replace(
            members[0].card, kind="blend", rows=len(table), notes=tuple(f"{n} × {w:.2f}" for n, w in names.items())
        )
        blend = Blend(card, members, list(names.values()), calibration)
        transform = cast(Transform, prepared.transform)
        whole = replace(card, kind="prepared", input=transform.input)
        return Prepared(transform, blend, whole), calibration.apply(answers), calibration.method


def _measured(
    model: Prepared, records: list[dict[str, Any]], limits: Limits, executor: Executor, kinds: Kinds, end: float
) -> tuple[tuple[Kept, ...], Prepared]:
    spent = latency(model.predict_one, records)
    with TemporaryDirectory(prefix="mainspring-") as name:
        folder = Path(name) / "model"
        folder.mkdir()
        model.save(folder)
        seal(folder)
        memory = executor.submit(memory_of, folder, kinds).result()
        size = size_of(folder)
    used = limits.time - (end - time.monotonic())
    kept = [Kept("time", limits.time, used, used <= limits.time * 1.05)]
    if limits.latency is not None:
        kept.append(Kept("latency", limits.latency, spent["p95"] / 1000, spent["p95"] <= limits.latency * 1000))
    if limits.memory is not None:
        kept.append(Kept("memory", limits.memory, memory, memory <= limits.memory))
    card = replace(model.card, latency_ms=spent, memory_mb=memory / 1e6, size_mb=size / 1e6, training_seconds=used)
    return tuple(kept), replace(model, card=card)


def _rounded_up(milliseconds: float) -> float:
    """With a margin, to two figures, so that naming it as the limit works."""
    digits = 10.0 ** (np.floor(np.log10(milliseconds)) - 1)
    return float(np.ceil(milliseconds * 1.25 / digits) * digits)
