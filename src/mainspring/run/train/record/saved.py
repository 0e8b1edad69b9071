"""Saved: a model in the run's folder, for the steps that follow."""

import shutil
from pathlib import Path

from mainspring.automation.learn import Limits
from mainspring.model import Model, seal
from mainspring.steps.learn.found import Kept
from mainspring.steps.learn.timing import size_of

LATE = 1.05
"""In times of the limit: until then it counts as kept."""


def saved(model: Model, folder: Path, name: str) -> tuple[str, int]:
    """The hash of the sealed model, under its ``name`` only once it is whole, and its bytes."""
    draft, place = folder / f".{name}", folder / name
    for leftover in (draft, place):
        shutil.rmtree(leftover, ignore_errors=True)
    draft.mkdir(parents=True)
    model.save(draft)
    digest = seal(draft)
    draft.replace(place)
    return digest, size_of(place)


def limits_kept(limits: Limits, model: Model, seconds: float, size: int) -> list[dict[str, object]]:
    """Each declared limit with what was measured: ``seconds`` of learning, bytes of the model."""
    kept = [Kept("time", limits.time, seconds, seconds <= limits.time * LATE)]
    if limits.latency is not None:
        p95 = model.card.latency_ms["p95"] / 1000
        kept.append(Kept("latency", limits.latency, p95, p95 <= limits.latency))
    if limits.memory is not None:
        kept.append(Kept("memory", limits.memory, size, size <= limits.memory))
    return [one.to_dict() for one in kept]
