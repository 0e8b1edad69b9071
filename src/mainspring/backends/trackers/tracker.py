"""Tracker: where runs and their candidates are compared with those of other tools."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class TrackedCandidate:
    """``metrics`` by name, among them ``spread``, ``latency_p95_ms``, ``seconds`` and ``weight``; ``why_not`` of one left out."""

    name: str
    parameters: Mapping[str, Value] = field(default_factory=dict[str, Value])
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run that has ended. ``report`` is the page for people, None where it did not come so far."""

    automation: str
    run_id: str
    state: Literal["finished", "failed"]
    parameters: Mapping[str, Value]
    metrics: Mapping[str, float]
    candidates: tuple[TrackedCandidate, ...] = ()
    version: int | None = None
    report: Path | None = None
    error: str = ""


class Tracker(Protocol):
    def track(self, run: TrackedRun) -> None:
        """Keep a run and its candidates. Whatever it raises is its own trouble, not the run's."""
        ...
