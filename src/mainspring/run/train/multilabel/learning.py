"""Learning: a model of several labels from the training rows, left in the run's folder for the steps that follow."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation import Automation
from mainspring.automation.learn import Learn
from mainspring.backends.opening import Backends
from mainspring.errors import QualityError, SpecError
from mainspring.measure.profile import profile
from mainspring.run.flow import Result
from mainspring.run.progress import RunProgress
from mainspring.run.train.learn import MODEL
from mainspring.run.train.prepare import TRAIN, goal_from_plain, part_of
from mainspring.run.train.record.beside import leave
from mainspring.run.train.record.made import made_with
from mainspring.run.train.record.record import Record, digest_of
from mainspring.run.train.record.saved import limits_kept, saved
from mainspring.run.train.stakes import policy_without
from mainspring.steps.learn.found import Candidate
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Folds, Goal
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.learn.split import VALID, folds
from mainspring.steps.learn.text.multilabel.columns import text_columns
from mainspring.steps.learn.text.multilabel.fit import Tried
from mainspring.steps.learn.text.multilabel.learner import CANDIDATES
from mainspring.steps.learn.timing import latency, peak

LEARNER = "one_vs_rest"
FINISHING = 0.85
"""Of the time, for learning; saving and measuring take the rest."""
ASKED = 50
"""Texts whose answers are timed."""


def plan_labels(automation: Automation) -> Result:
    """The clock settles on how many folds what is tried is judged.

    Raises:
        SpecError: a candidate that is named does not answer lists of labels.
    """
    learn = automation.learn
    assert learn is not None  # the caller asks only where there is something to learn
    _refuse_others(learn)
    basis = "lines over words, and over vectors of an encoder where one is installed, are judged on as many folds as the time allows"
    expected = {"seconds": learn.limits.time, "memory": 1e9, "disk": 50e6}
    return {"expected": expected, "searching": learn.limits.time, "candidates": [], "basis": basis}


def learn_labels(
    automation: Automation, backends: Backends, prepared: tuple[Result, Result], folder: Path, progress: RunProgress
) -> Result:
    """Raises QualityError: there is nothing to learn from. LearnError: no candidate can take part, or there is no such encoder."""
    cleaned, kept = prepared
    declared = automation.learn
    assert declared is not None  # the caller asks only where there is something to learn
    _refuse_others(declared)
    began, goal = time.monotonic(), goal_from_plain(cleaned["goal"])
    rows = part_of(backends.lake.read(kept["table"], kept["version"]), TRAIN)
    learner = learner_named(
        LEARNER,
        settings=_settings(rows, automation, declared),
        folds=_folds(rows, declared, goal, automation),
        progress=progress.update,
    )
    found: Any = learner
    learned = found.learn(rows, goal, Budget(began + FINISHING * declared.limits.time, backends.workers))
    model = learned.model
    records = rows.select(model.card.input.names).slice(0, ASKED).to_pylist()
    model.card = replace(model.card, latency_ms=latency(model.predict_one, records))
    digest, size = saved(model, folder, MODEL)
    data = {"table": kept["table"], "version": kept["version"], "rows": len(rows), "hash": digest_of(rows)}
    record = Record(folder.name, goal.seed, data, made_with(backends.workers), Ledger(), digest)
    seconds = time.monotonic() - began
    return {
        "found": {
            "candidates": [_candidate(line, goal.metric).to_dict() for line in learned.tried], "objective": goal.metric,
            "greater_is_better": True, "metrics": dict(learned.metrics), "judged_rows": learned.judged,
            "kept": limits_kept(declared.limits, model, seconds, size),
            "calibration": "none", "seconds": seconds, "facts": [], "simple": None, "clocked": None, "notes": list(model.card.notes),
        },
        "hash": digest, "policy": policy_without(automation, goal).to_dict(),
        "profile": profile(rows, None, automation.source.key).to_dict(), "learned_rows": len(rows), "capacity": None,
        "record": leave(record, folder), "memory": peak(),
    }  # fmt: skip


def _candidate(line: Tried, metric: str) -> Candidate:
    return Candidate(
        line.name, metric, line.metrics, None, line.metrics.get(metric), seconds=line.seconds, weight=line.share,
        kept=line.share > 0.0, why_not=line.why_not, folds=line.folds,
        settings={} if line.penalty is None else {"penalty": line.penalty},
    )  # fmt: skip


def _refuse_others(declared: Learn) -> None:
    for name in declared.candidates:
        if name not in CANDIDATES:
            raise SpecError(f"{name!r} does not answer several labels at once", where="learn.candidates",
                            remedy=f"name {' or '.join(CANDIDATES)}, or leave it out")  # fmt: skip


def _settings(rows: pa.Table, automation: Automation, declared: Learn) -> dict[str, Any]:
    """Without the columns that may not be used."""
    out = {*declared.exclude, automation.source.key, automation.source.time, declared.split.column}
    rows = rows.drop_columns([name for name in rows.column_names if name in out and name != declared.target])
    texts = {name for name, kind in automation.prepare.types.items() if kind == "text"}
    told: dict[str, Any] = {
        "columns": text_columns(rows, declared.target, texts), "candidates": tuple(declared.candidates), "encoder": declared.encoder,
        "latency": declared.limits.latency,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def _folds(rows: pa.Table, declared: Learn, goal: Goal, automation: Automation) -> Folds:
    """One, as the rows called ``valid`` say, where there are such; else as they are declared."""
    by = declared.split
    if by.by == "part":
        told = pc.equal(pc.utf8_lower(rows.column(by.column or "part").cast(pa.string())), VALID).fill_null(False)
        held = told.to_numpy(zero_copy_only=False)
        if held.all():
            raise QualityError("every row is for testing or for judging", where="learn.split",
                               remedy="call rows to learn from 'train'")  # fmt: skip
        if held.any():
            return [((~held).nonzero()[0], held.nonzero()[0])]
        by = by.model_copy(update={"by": "random"})
    return folds(rows, goal, by, time_column=automation.source.time, key=automation.source.key)
