"""Learning: a tagger among the training rows, left in the run's folder for the steps that follow."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation import Automation
from mainspring.automation.learn import Learn
from mainspring.backends.opening import Backends
from mainspring.errors import QualityError
from mainspring.measure.profile import profile
from mainspring.model import Model
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
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.learn.split import VALID, hold_out
from mainspring.steps.learn.timing import latency, peak

TAGGER = "tagger"
KEPT_APART = 0.1
"""The share of the training rows by which it is judged when to stop, where no column says which."""
ASKED = 50
"""Texts whose answers are timed."""


def plan_spans(automation: Automation) -> Result:
    """The clock settles how much is learned."""
    learn = automation.learn
    assert learn is not None  # the caller asks only where there is something to learn
    basis = "a tagger learns for as long as the limit of time allows, or until validation gains no more"
    expected = {"seconds": learn.limits.time, "memory": 1.5e9, "disk": 150e6}
    return {"expected": expected, "searching": learn.limits.time, "candidates": [], "basis": basis}


def learn_spans(
    automation: Automation, backends: Backends, prepared: tuple[Result, Result], folder: Path, progress: RunProgress
) -> Result:
    """Done again after a kill, it goes on from the last whole epoch.

    Raises:
        MissingExtra: what fine-tuning needs is not installed. QualityError: no text has a span. LearnError: there is no such encoder.
    """
    cleaned, kept = prepared
    declared = automation.learn
    assert declared is not None  # the caller asks only where there is something to learn
    began, goal = time.monotonic(), goal_from_plain(cleaned["goal"])
    rows = part_of(backends.lake.read(kept["table"], kept["version"]), TRAIN)
    train, valid = _apart(rows, declared, goal, automation.source.key)
    settings = {"encoder": declared.encoder} if declared.encoder else {}
    tagger = learner_named(TAGGER, settings=settings, folder=folder / TAGGER, progress=progress.update)
    model = tagger.fit(_texts(train, automation, declared), valid, goal, Budget(began + declared.limits.time))
    records = rows.select(model.card.input.names).slice(0, ASKED).to_pylist()
    cast(Any, model).card = replace(model.card, latency_ms=latency(model.predict_one, records))
    digest, size = saved(model, folder, MODEL)
    data = {"table": kept["table"], "version": kept["version"], "rows": len(rows), "hash": digest_of(rows)}
    record = Record(folder.name, goal.seed, data, made_with(backends.workers), Ledger(), digest)
    return {
        "found": _found(model, declared, time.monotonic() - began, size, len(valid)), "hash": digest,
        "policy": policy_without(automation, goal).to_dict(), "profile": profile(rows, None, automation.source.key).to_dict(),
        "learned_rows": len(train), "capacity": None, "record": leave(record, folder), "memory": peak(),
    }  # fmt: skip


def _texts(train: pa.Table, automation: Automation, declared: Learn) -> pa.Table:
    """Without the columns that may not be used."""
    out = {*declared.exclude, automation.source.key, automation.source.time, declared.split.column}
    return train.drop_columns([name for name in train.column_names if name in out and name != declared.target])


def _apart(rows: pa.Table, declared: Learn, goal: Goal, key: str | None) -> tuple[pa.Table, pa.Table]:
    """Rows to learn from, and to judge by."""
    column = declared.split.column or "part"
    if declared.split.by == "part":
        told = pc.equal(pc.utf8_lower(rows.column(column).cast(pa.string())), VALID).fill_null(False)
        if pc.any(told).as_py():
            return _some(rows.filter(pc.invert(told))), rows.filter(told)
    by = declared.split.model_copy(
        update={"test": KEPT_APART, "by": "random" if declared.split.by == "part" else declared.split.by}
    )
    train, valid = hold_out(rows, goal, by, time_column=None, key=key)
    return rows.take(pa.array(train)), rows.take(pa.array(valid))


def _some(rows: pa.Table) -> pa.Table:
    if not len(rows):
        raise QualityError("every row is for testing or for judging", where="learn.split",
                           remedy="call rows to learn from 'train'")  # fmt: skip
    return rows


def _found(model: Model, declared: Learn, seconds: float, size: int, judged: int) -> Result:
    """As a search tells what it found, of one candidate."""
    card, metrics = model.card, dict(model.card.metrics)
    line = Candidate(
        TAGGER, "entity_f1", metrics, None, metrics.get("entity_f1"), card.latency_ms, seconds, 1.0, True, None, 1
    )
    return {
        "candidates": [line.to_dict()], "objective": "entity_f1", "greater_is_better": True, "metrics": metrics,
        "judged_rows": judged, "kept": limits_kept(declared.limits, model, seconds, size), "calibration": "none",
        "seconds": seconds, "facts": [], "simple": None, "clocked": None, "notes": list(card.notes),
    }  # fmt: skip
