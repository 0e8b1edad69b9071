"""Track: tell the trackers of a run that has ended. They are told what was chosen and measured, and no value of the data."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.backends.trackers.tracker import TrackedCandidate, TrackedRun, Tracker, Value
from mainspring.errors import MainspringError
from mainspring.run.flow import CODE_VERSION, Result
from mainspring.steps.learn.portfolio import PORTFOLIO

UNTOLD = ("positive", "exclude")
"""Of ``learn``: a label is a value of the data, and what may not be used may not be told of either."""


def track(trackers: Mapping[str, Tracker], run: TrackedRun) -> list[str]:
    """Tell all of them; what did not work, in a line each. Nothing that a tracker does ends a run."""
    warnings: list[str] = []
    for name, tracker in trackers.items():
        try:
            tracker.track(run)
        except (
            Exception
        ) as error:  # a library's own errors, a full disk, a server that is away: none of them is the run's
            warnings.append(f"{name} did not take the run: {type(error).__name__}")
    return warnings


def finished(
    automation: Automation, backends: Backends, run_id: str, results: Mapping[str, Result], seconds: float
) -> TrackedRun:
    """A run that came to its end, with what its version was measured to be."""
    version = results["register"]["version"]
    report = results.get("report")
    return TrackedRun(
        automation.name, run_id, "finished", _parameters(automation, results),
        _numbers({**_measured(results), **_card(automation.name, backends, version), "run_seconds": seconds}),
        _candidates(results), version, None if report is None else Path(report["path"]),
    )  # fmt: skip


def failed(
    automation: Automation, run_id: str, results: Mapping[str, Result], seconds: float, error: MainspringError
) -> TrackedRun:
    """A run that ended with an error: what it found until then, and the kind of the error."""
    metrics = _numbers({**_measured(results), "run_seconds": seconds})
    return TrackedRun(
        automation.name, run_id, "failed", _parameters(automation, results), metrics, _candidates(results),
        error=type(error).__name__,
    )  # fmt: skip


def _parameters(automation: Automation, results: Mapping[str, Result]) -> dict[str, Value]:
    plain: dict[str, Value] = {"automation": automation.name, "mainspring": CODE_VERSION}
    if automation.learn is not None:
        plain |= _flat("learn", automation.learn.model_dump(mode="json", exclude=set(UNTOLD), exclude_none=True))
    for step, names in {"collect": ("rows", "columns"), "expect": ("train", "test", "quarantined")}.items():
        plain |= {f"{step}.{name}": results[step][name] for name in names if step in results and name in results[step]}
    return plain


def _flat(name: str, value: Any) -> dict[str, Value]:
    if isinstance(value, Mapping):
        inner = cast(Mapping[str, Any], value)
        return {key: plain for part, told in inner.items() for key, plain in _flat(f"{name}.{part}", told).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        several = cast(Sequence[Any], value)
        return {name: ", ".join(map(str, several))}
    return {name: value}


def _measured(results: Mapping[str, Result]) -> dict[str, Any]:
    found: Mapping[str, Any] = results["learn"]["found"] if "learn" in results else {}
    metrics: dict[str, Any] = {f"validation_{name}": value for name, value in found.get("metrics", {}).items()}
    metrics["search_seconds"] = found.get("seconds")
    tested: Mapping[str, Any] = results["evaluate"]["evaluation"]["metrics"] if "evaluate" in results else {}
    for name, entry in tested.items():
        metrics |= {
            f"test_{name}": entry["value"],
            f"test_{name}_low": entry["low"],
            f"test_{name}_high": entry["high"],
        }
    return metrics


def _card(name: str, backends: Backends, version: int | None) -> dict[str, Any]:
    if version is None:
        return {}
    card = backends.registry.get(name, version).card
    latency = {f"latency_{part}_ms": value for part, value in card.latency_ms.items()}
    return {**latency, "memory_mb": card.memory_mb, "size_mb": card.size_mb, "training_seconds": card.training_seconds}


def _candidates(results: Mapping[str, Result]) -> tuple[TrackedCandidate, ...]:
    lines: list[dict[str, Any]] = results["learn"]["found"]["candidates"] if "learn" in results else []
    return tuple(map(_candidate, lines))


def _candidate(line: Mapping[str, Any]) -> TrackedCandidate:
    entry = next((entry for entry in PORTFOLIO if entry.name == line["name"]), None)
    settings: dict[str, Value] = {}
    if entry is not None:
        settings = {"learner": entry.kind, "logarithm": entry.log, **entry.settings}
    latency = {f"latency_{part}_ms": value for part, value in line["latency_ms"].items()}
    others = {name: line.get(name) for name in ("score", "spread", "seconds", "weight", "folds")}
    return TrackedCandidate(line["name"], settings, _numbers({**line["metrics"], **latency, **others}), line["why_not"])


def _numbers(told: Mapping[str, Any]) -> dict[str, float]:
    """Those that are there: not every server takes NaN."""
    return {name: float(value) for name, value in told.items() if value is not None and math.isfinite(value)}
