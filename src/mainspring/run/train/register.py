"""Register: a tested model becomes a version, and champion when it is the first or no worse than the present one."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import CHALLENGER
from mainspring.model import ModelCard
from mainspring.run.access.approvals import lacking
from mainspring.run.challenge.judge import begin
from mainspring.run.flow import CODE_VERSION, Result
from mainspring.run.train.evaluate import headline
from mainspring.run.train.learn import MODEL
from mainspring.run.train.record.beside import keep
from mainspring.run.train.record.rows import keep_rows
from mainspring.steps.learn.evaluation.evaluate import better
from mainspring.steps.learn.text.kinds import keep_encoders

BOARD = ("name", "score", "weight", "spread", "seconds", "latency_ms", "why_not")
"""What of each candidate is kept with the version: the next search wants to know it, and whoever compares."""


class Promotes(Protocol):
    """Says whether a version decides from now on, and why, and sees to it."""

    def __call__(self, version: int, ours: tuple[str, float]) -> tuple[bool, str]: ...


def register(
    automation: Automation, backends: Backends, run_id: str, results: dict[str, Result], folder: Path,
    promotes: Promotes | None = None,
) -> Result:  # fmt: skip
    """The version, and whether it decides from now on. ``results`` are those of the earlier steps, by name.

    ``promotes`` decides that in place of the figures on the test rows; what a ``compare`` step found is kept with the version.
    """
    learned, tested = results["learn"], results["evaluate"]
    facts = {
        "run_id": run_id, "model_hash": learned["hash"], "policy": learned["policy"], "code_version": CODE_VERSION,
        "declaration": automation.model_dump(mode="json", by_alias=True), "plan": results["clean"]["plan"],
        "data_version": {"table": results["expect"]["table"], "version": results["expect"]["version"]},
        "goal": results["clean"]["goal"], "kept": learned["found"]["kept"], "seed": results["clean"]["goal"]["seed"],
        "record": learned["record"], "doubts": learned.get("doubts"), "comparison": results.get("compare"),
        "collected": results.get("source", results["collect"])["rows"],
        "leaderboard": [{name: line[name] for name in BOARD} for line in learned["found"]["candidates"]],
    }  # fmt: skip
    version = _registered(automation.name, backends, run_id)
    if version is None:
        card = _card(folder, tested["evaluation"])
        if (compared := results.get("compare")) is not None:
            card = replace(card, notes=(*card.notes, compared["why"]))
        keep_encoders(folder / MODEL, backends.registry.folder)
        version = backends.registry.add(automation.name, folder / MODEL, card=card, facts=facts)
    keep(backends, automation.name, version, folder)
    keep_rows(backends, automation, version, results)
    metric, value = ours = headline(tested["evaluation"], results["clean"]["goal"]["metric"])
    if promotes is None:
        champion, why = _promote(automation, backends, run_id, version, tested["champion"], ours)
    else:
        champion, why = promotes(version, ours)
    return {"version": version, "champion": champion, "why": why, "metric": metric, "value": value}


def _registered(name: str, backends: Backends, run_id: str) -> int | None:
    """The version this run registered before it was killed: the registry has taken the model's files over since."""
    return next((found.version for found in backends.registry.versions(name) if found.run_id == run_id), None)


def _promote(
    automation: Automation, backends: Backends, run_id: str, version: int, before: dict[str, Any] | None, ours: tuple[str, float]
) -> tuple[bool, str]:  # fmt: skip
    (metric, value), name = ours, automation.name
    by = f"run {run_id}"
    terms = automation.watch.challenger
    if before is None:
        why = "the first version" if version == 1 else "the version before answers another question"
        return _decides(backends, name, version, by, why)
    told = f"{metric} {value:.6g} on the test rows, version {before['version']} had {before['value']:.6g}"
    if before["metric"] == metric and better(metric, before["value"], value):
        backends.registry.promote(name, version, alias=CHALLENGER, by=by, why=f"not better: {told}")
        return False, f"not better: {told}"
    if terms is not None and before["version"] == backends.registry.standing(name) != version:
        begin(backends, name, version, terms, by=by, why=told)
        return False, f"it challenges version {before['version']} as a {terms.mode}: {told}"
    return _decides(backends, name, version, by, told)


def _decides(backends: Backends, name: str, version: int, by: str, why: str) -> tuple[bool, str]:
    if (lacks := lacking(backends, name, version)) is not None:
        backends.registry.promote(name, version, alias=CHALLENGER, by=by, why=f"{lacks}; {why}")
        return False, f"{lacks}; {why}"
    backends.registry.promote(name, version, by=by, why=why)
    return True, why


def _card(folder: Path, evaluation: dict[str, Any]) -> ModelCard:
    # Registered with what it was measured to be; the sealed card in the folder stays as it was sealed.
    sealed = ModelCard.from_json((folder / MODEL / "card.json").read_text(encoding="utf-8"))
    return sealed.with_metrics({name: entry["value"] for name, entry in evaluation["metrics"].items()})
