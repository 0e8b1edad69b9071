"""Learn: search among the training rows, and leave the model in the run's folder for the steps that follow."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa

from mainspring.automation import Automation
from mainspring.automation.learn import Learn, Limits
from mainspring.backends.opening import Backends
from mainspring.errors import QualityError
from mainspring.measure.doubts import doubts
from mainspring.measure.profile import Profile, profile
from mainspring.measure.stakes import Stakes
from mainspring.model import Model, Question, seal
from mainspring.run.export.version import refuse_unexportable, writer
from mainspring.run.flow import Result
from mainspring.run.kinds import KINDS
from mainspring.run.progress import RunProgress
from mainspring.run.train.prepare import TRAIN, goal_from_plain, part_of, unlabelled_texts
from mainspring.run.train.record.beside import leave
from mainspring.run.train.record.made import made_with
from mainspring.run.train.record.record import Record, digest_of
from mainspring.run.train.stakes import Capacity, capacity_of, policy_without, stakes_of, told_of_rules
from mainspring.steps.decide.policy import Policy
from mainspring.steps.learn.export.blend import refuse_sets
from mainspring.steps.learn.found import Found, Kept
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.learn.search import search
from mainspring.steps.learn.split import Rows, folds
from mainspring.steps.learn.tabular.lesson import weights_of
from mainspring.steps.learn.terms import Earlier, Terms
from mainspring.steps.learn.timing import peak
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.prepare.preparer import TablePreparer

MODEL, ONNX, SEARCH, UNLABELLED = "model", "model.onnx", "search", "unlabelled.json"
MOST_ROWS = 300_000
"""Of longer tables, so many training rows, evenly spread, are learned from: more cost time that other learners use better."""
MOST_DOUBTS = 200
"""Rows whose label may be wrong that are noted with a version."""


@dataclass(frozen=True, slots=True)
class Known:
    """Cleaned training ``rows``, what is asked of them, how their columns are read, and the capacity that deciding has; ``unlabelled`` are
    texts of rows without a target, where encoders are to read on in them."""

    rows: pa.Table
    goal: Goal
    reading: CleaningPlan
    capacity: Capacity
    unlabelled: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found among the rows it ``learned`` from, and the policy that goes with it."""

    found: Found
    policy: Policy
    profile: Profile
    learned: pa.Table


def learn(
    automation: Automation, backends: Backends, prepared: tuple[Result, Result], folder: Path, progress: RunProgress,
    earlier: Earlier | None = None,
) -> Result:  # fmt: skip
    """Search among the training rows; leave the sealed model in ``folder``. Done again, it goes on from the folds that were learned.

    ``prepared`` is what cleaning and the expectations came to; what an ``earlier`` search found comes first.
    """
    cleaned, kept = prepared
    declared = automation.learn
    assert declared is not None  # the caller asks only where there is something to learn
    goal, reading = goal_from_plain(cleaned["goal"]), CleaningPlan.from_json(cleaned["plan"])
    both = backends.lake.read(kept["table"], kept["version"])
    raw, ledger = cleaned.get("raw"), Ledger()
    bare = unlabelled_texts(automation, backends.lake, raw, reading)
    known = Known(part_of(both, TRAIN), goal, reading, capacity_of(automation, both), bare)
    done = searched(automation, backends, known, folder / SEARCH, progress, (ledger, earlier))
    digest, kept_limits = saved(done.found, folder, done.learned, declared.limits)
    data = {
        "table": kept["table"],
        "version": kept["version"],
        "rows": len(known.rows),
        "hash": digest_of(known.rows),
        "raw": raw,
    }
    record = Record(folder.name, goal.seed, data, made_with(backends.workers), ledger, digest)
    found = replace(done.found, kept=(*done.found.kept, *kept_limits))
    return {
        "found": found.to_dict(), "policy": done.policy.to_dict(), "hash": digest, "profile": done.profile.to_dict(),
        "learned_rows": len(done.learned), "capacity": known.capacity.share, "record": leave(record, folder),
        "memory": _memory(ledger, backends.workers), "doubts": _doubts(done.found, goal, len(known.rows)),
    }  # fmt: skip


def searched(
    automation: Automation, backends: Backends, known: Known, folder: Path, progress: RunProgress,
    before: tuple[Ledger, Earlier | None],
) -> Searched:  # fmt: skip
    """``folder`` keeps what was tried. ``before`` has the ledger, which takes down what the clock decides or is followed, and what
    an earlier search found, if that is to come first."""
    ledger, earlier = before
    goal, reading, declared = known.goal, known.reading, automation.learn
    assert declared is not None
    rows = spread_evenly(known.rows, MOST_ROWS)
    _refuse_vanished_classes(rows, goal)
    policy = policy_without(automation, goal)
    stakes = stakes_of(policy, goal, rows, known.capacity.share)
    preparer = preparer_of(automation, goal, reading, rows.column_names)
    time_column, key = automation.source.time, preparer.key
    seen = profile(rows, goal.target, key, reading.texts)
    terms = Terms(
        # Each repeat has its share of the time.
        declared.limits.model_copy(update={"time": declared.limits.time / declared.repeats}),
        backends.engine,
        backends.workers,
        progress.update,
        seen,
        KINDS,
        stakes,
        () if stakes is None else tuple(filter(None, (*told_of_rules(stakes), known.capacity.told))),
        tuple(declared.candidates),
        standings=lambda lines: progress.standings([asdict(line) for line in lines]),
        folder=folder,
        coverage=declared.coverage,
        out_of_scope=declared.out_of_scope,
        encoder=declared.encoder,
        ledger=ledger,
        earlier=earlier,
        tuned_with=_tuned_with(declared, known.unlabelled, folder),
    )
    if declared.limits.runtime == "onnx":
        refuse_unexportable(preparer, rows)
        if declared.coverage is not None:
            refuse_sets(goal.question)
    parts = folds(rows, goal, declared.split, time_column=time_column, key=key)
    found = search(rows, parts, goal, preparer, terms)
    threshold = policy.threshold if policy.threshold is not None else _threshold(found, goal, rows, stakes)
    policy = replace(policy, threshold=threshold, seed=goal.seed if policy.explore else 0)
    return Searched(found, policy, seen, rows)


def _tuned_with(declared: Learn, texts: Sequence[str], folder: Path) -> dict[str, Any]:
    """What learners that tune an encoder are to be told; nothing where neither ``adapt`` nor a ``teacher`` is declared."""
    if not declared.unlabelled:
        return {}
    told: dict[str, Any] = {"adapt": True} if declared.adapt else {}
    told |= {} if declared.teacher is None else {"teacher": declared.teacher}
    return told | {"unlabelled": str(_written(texts, folder))}


def _written(texts: Sequence[str], folder: Path) -> Path:
    """A file of texts, under its name once it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    draft, path = folder / f".{UNLABELLED}", folder / UNLABELLED
    draft.write_text(json.dumps(list(texts)), encoding="utf-8")
    draft.replace(path)
    return path


def _doubts(found: Found, goal: Goal, rows: int) -> list[dict[str, Any]]:
    """Rows (by their number among the training rows) whose label may be wrong."""
    if goal.question != Question.CLASS:
        return []
    told = doubts(found.oof, found.truth.astype(np.int64))
    learned = evenly(rows, MOST_ROWS)
    return [
        {
            "row": int(learned[found.rows[place]]), "label": goal.classes[int(found.truth[place])], "guess": goal.classes[likely],
            "chance": float(found.oof[place, likely]),
        }
        for place, likely in zip(told.places[:MOST_DOUBTS].tolist(), told.likely.tolist(), strict=False)
    ]  # fmt: skip


def preparer_of(automation: Automation, goal: Goal, reading: CleaningPlan, columns: Sequence[str]) -> TablePreparer:
    """Makes the features that are learned from, of rows with these columns."""
    key, declared = automation.source.key, automation.learn
    assert declared is not None
    exclude = [*declared.exclude, *([declared.weight] if declared.weight else [])]
    return TablePreparer(
        reading, goal.target, key=key if key in columns else None, exclude=tuple(exclude), question=goal.question,
        classes=goal.classes, positive=goal.positive, weight=goal.weight, seed=goal.seed,
    )  # fmt: skip


def spread_evenly(rows: pa.Table, most: int) -> pa.Table:
    """At most so many of the rows."""
    return rows if len(rows) <= most else rows.take(pa.array(evenly(len(rows), most)))


def evenly(rows: int, most: int) -> Rows:
    """The numbers of at most so many of the rows."""
    return np.arange(rows) if rows <= most else np.linspace(0, rows - 1, most).astype(np.int64)


def _memory(ledger: Ledger, workers: int) -> int:
    """The most bytes that this process and the workers took, as far as fits on folds tell."""
    return peak() + workers * max((fit.measured["memory"] for fit in ledger.fits), default=0)


def _refuse_vanished_classes(rows: pa.Table, goal: Goal) -> None:
    left = set(rows.column(goal.target).to_pylist())
    if goal.classes and len(left) < 2:
        raise QualityError(
            f"after the expectations, the training rows have one class of {goal.target!r} only", where=goal.target,
            remedy="look at the quarantine: the expectations may be too strict",
        )  # fmt: skip


def _threshold(found: Found, goal: Goal, rows: pa.Table, stakes: Stakes | None) -> float | None:
    """What earns most on the rows that judged the blend, by rules, capacity and weights."""
    if stakes is None:
        return None
    weights = weights_of(rows, goal)
    chosen = stakes.some(found.rows).best_threshold(
        found.truth.astype(np.int64), found.oof, None if weights is None else weights[found.rows]
    )
    return None if chosen is None else chosen.value


def saved(found: Found, folder: Path, rows: pa.Table, limits: Limits) -> tuple[str, list[Kept]]:
    """The sealed model under its name only once it is whole; its hash, and what can be told of the limits only now."""
    draft, place = folder / f".{MODEL}", folder / MODEL
    for leftover in (draft, place):
        shutil.rmtree(leftover, ignore_errors=True)
    draft.mkdir(parents=True)
    found.model.save(draft)
    kept = [Kept("runtime", limits.runtime, limits.runtime, True)] if limits.runtime else []
    if limits.interpretable:
        kept.append(Kept("interpretable", "yes", "yes", True))
    if limits.runtime == "onnx":
        writer("onnx")(cast(Model, found.model), draft / ONNX, rows)
    digest = seal(draft)
    draft.replace(place)
    return digest, kept
