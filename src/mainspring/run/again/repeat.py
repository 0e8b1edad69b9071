"""Repeat: a registered version learned again from its record. Nothing is registered, promoted or replaced."""

import shutil
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion
from mainspring.errors import LearnError, NotFound, StoreError
from mainspring.model import Model, Question, open_model
from mainspring.run.kinds import KINDS
from mainspring.run.place import run_folder
from mainspring.run.progress import RunProgress
from mainspring.run.train.learn import MODEL, Known, saved, searched
from mainspring.run.train.prepare import TRAIN, goal_from_plain, part_of, unlabelled_texts
from mainspring.run.train.record.beside import record_of
from mainspring.run.train.record.made import made_with
from mainspring.run.train.record.record import Record, digest_of
from mainspring.run.train.stakes import capacity_of
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.prepare.clean import CleaningPlan

NEARLY = 1e-9
"""A difference up to which answers are the same: of probabilities, or of numbers as a share of the largest answer."""


def repeat(backends: Backends, found: ModelVersion, progress: RunProgress) -> dict[str, Any]:
    """``same`` is ``bytes``, ``answers`` (to 1e-9) or ``no``; ``difference`` the largest between answers to the ``rows`` learned from;
    ``differs`` says in sentences what else is not as it was; ``fits`` were done again in ``seconds``.

    Raises:
        NotFound: the version has no record. Tampered, StoreError: the record cannot be used, or its rows are gone or others.
        Busy: another process runs this automation. LearnError: this release learns in another way.
    """
    began = time.monotonic()
    progress.step("record", f"version {found.version} of {found.automation}")
    record = record_of(backends, found.automation, found.version, cast("str | None", found.facts.get("record")))
    table = _table(backends, record)
    rows = part_of(table, TRAIN)
    progress.done("record", f"{len(record.ledger.fits)} fits on {len(rows):,} rows of {_named(record)}")
    if found.card.question in (Question.SPANS, Question.LABELS):
        what = "a tagger" if found.card.question == Question.SPANS else "a model of several labels"
        raise LearnError(f"{what} cannot be learned again to the byte: its steps follow the clock", where=found.automation,
                         remedy="run it anew: mainspring run --fresh")  # fmt: skip
    with backends.runs.alone(found.automation):
        folder = run_folder(backends, f"again-{found.automation}")
        shutil.rmtree(folder, ignore_errors=True)  # of one that was killed
        try:
            differs = _differs(record, backends.workers)
            return {
                "automation": found.automation, "version": found.version,
                **_compared(backends, found, record, table, folder, progress),
                "rows": len(rows), "fits": len(record.ledger.fits), "differs": differs, "seconds": time.monotonic() - began,
            }  # fmt: skip
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _named(record: Record) -> str:
    return f"{record.data['table']}@{record.data['version']}"


def _table(backends: Backends, record: Record) -> pa.Table:
    try:
        table = backends.lake.read(record.data["table"], record.data["version"])
    except NotFound as error:
        gone = StoreError(f"the rows that were learned from are gone: {_named(record)}", where="record",
                          remedy="learn anew; versions of a table are kept for seven days after it is compacted")  # fmt: skip
        gone.fault = "user"
        raise gone from error
    if digest_of(part_of(table, TRAIN)) != record.data["hash"]:
        other = StoreError(f"the rows of {_named(record)} are not those that were learned from", where="record",
                           remedy="learn anew: the table was made anew since")  # fmt: skip
        other.fault = "user"
        raise other
    return table


def _compared(
    backends: Backends, found: ModelVersion, record: Record, table: pa.Table, folder: Path, progress: RunProgress
) -> dict[str, Any]:
    facts = found.facts
    automation, reading = Automation.model_validate(facts["declaration"]), CleaningPlan.from_json(facts["plan"])
    bare = unlabelled_texts(automation, backends.lake, record.data.get("raw"), reading)
    known = Known(part_of(table, TRAIN), goal_from_plain(facts["goal"]), reading, capacity_of(automation, table), bare)
    progress.step("learn", "the same fits with the same work")
    done = searched(automation, backends, known, folder, progress, (Ledger(followed=record.ledger), None))
    assert automation.learn is not None  # it has a version
    digest, _ = saved(done.found, folder, done.learned, automation.learn.limits)
    progress.done("learn", f"{len(record.ledger.fits)} fits")
    if digest == record.model:
        return {"same": "bytes", "difference": 0.0}
    before = open_model(found.folder, KINDS, found.hash)
    apart = _apart(before, open_model(folder / MODEL, KINDS, digest), done.learned)
    return {"same": "answers" if apart <= NEARLY else "no", "difference": apart}


def _apart(one: Model, other: Model, rows: pa.Table) -> float:
    """The largest difference of any answer; of numbers as a share of the largest; infinite where the answers are of another kind."""
    some, others = one.predict(rows), other.predict(rows)
    if some.schema != others.schema:
        return float("inf")
    names = one.card.chances or ("prediction",)
    pairs = [(some.column(name).to_numpy(), others.column(name).to_numpy()) for name in names]
    scale = 1.0 if one.card.chances else max(1e-300, max(float(np.abs(a).max()) for a, _ in pairs))
    return max(float(np.abs(a - b).max()) for a, b in pairs) / scale


def _differs(record: Record, workers: int) -> list[str]:
    then, now = record.made, made_with(workers)
    told = [] if then["code"] == now["code"] else [f"mainspring was {then['code']} and is {now['code']}"]
    names = sorted({*then["libraries"], *now["libraries"]})
    for name in names:
        before, after = then["libraries"].get(name), now["libraries"].get(name)
        if before != after:
            told.append(f"{name} was {before or 'not installed'} and is {after or 'not installed'}")
    machine = {**then["machine"]}
    told += [
        f"the machine's {name} was {machine.get(name)} and is {value}"
        for name, value in now["machine"].items() if machine.get(name) != value
    ]  # fmt: skip
    return told
