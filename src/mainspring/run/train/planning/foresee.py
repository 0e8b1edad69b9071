"""Foresee: the plan of a run that is not begun."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.automation.check import refuse_problems
from mainspring.backends.opening import Backends
from mainspring.errors import SpecError
from mainspring.event import is_topic
from mainspring.run.train.alone.kinds import alone_of
from mainspring.run.train.collect import batches_of, raw_table
from mainspring.run.train.planning.plan import planned
from mainspring.run.train.prepare import parted, refuse_unfit
from mainspring.steps.learn.portfolio import refuse_unknown
from mainspring.steps.prepare.protect import Protector
from mainspring.steps.source.reader import Surroundings

READ, COUNTED = 200_000, 2_000_000
"""Rows of the source that are kept at most, and counted at most."""


def foresee(automation: Automation, backends: Backends, around: Surroundings) -> dict[str, Any]:
    """The plan of a run that is not begun: rows of the source are looked at, and nothing is kept.

    Raises:
        SpecError: the declaration is wrong, or learns nothing. SourceError, QualityError: the rows cannot be read or learned from.
    """
    refuse_problems(automation)
    learn = automation.learn
    if learn is None:
        raise SpecError(f"{automation.name!r} learns nothing", where="learn", remedy="there is nothing to plan")
    if (alone := alone_of(learn.question)) is not None:
        return {"automation": automation.name, **alone.plan(automation)}
    refuse_unknown(learn.candidates)
    rows, counted, whole = _looked_at(automation, backends, around)
    refuse_unfit(automation, rows)
    made = parted(automation, rows, learn)
    train = made.reading.apply(made.rows.take(pa.array(made.train)))
    expected = round(counted * len(train) / len(rows))
    found = planned(automation, backends, (train, made.goal, made.reading), expected)
    seen = f"{counted:,} rows of the source" if whole else f"the first {counted:,} rows of the source (there are more)"
    of_them = "" if len(rows) == counted else f", of which {len(rows):,} were looked at"
    return {"automation": automation.name, **replace(found, basis=f"{seen}{of_them}; {found.basis}").to_dict()}


def _batches(automation: Automation, backends: Backends, around: Surroundings) -> Iterator[pa.RecordBatch]:
    """Of a topic those that were collected before: whoever reads on takes the events."""
    if not is_topic(automation.source.table):
        return batches_of(automation, backends, around)
    name = raw_table(automation)
    if not backends.lake.exists(name):
        raise SpecError(
            "no event was collected yet to plan by", where="source.table", remedy="run it: each run says its plan"
        )
    return backends.lake.batches(name)


def _looked_at(automation: Automation, backends: Backends, around: Surroundings) -> tuple[pa.Table, int, bool]:
    """Protected rows, how many there are, and whether all were counted."""
    protector = Protector(automation.prepare.protect, backends.vault.key())
    parts: list[pa.Table] = []
    kept = counted = 0
    whole = True
    for batch in _batches(automation, backends, around):
        counted += batch.num_rows
        if kept < READ or not parts:
            parts.append(protector.apply(pa.Table.from_batches([batch]).slice(0, max(0, READ - kept))))
            kept += len(parts[-1])
        if counted >= COUNTED:
            whole = False
            break
    return pa.concat_tables(parts, promote_options="permissive"), counted, whole
