"""Collect: from the declared source into the lake's raw table, protected on the way."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.errors import SchemaChanged, SpecError
from mainspring.run.flow import Result
from mainspring.run.train.events import NewEvents
from mainspring.run.train.prepare import PART
from mainspring.run.train.target.columns import LabelColumns
from mainspring.steps.prepare.protect import Protector
from mainspring.steps.source.collect import collect as read
from mainspring.steps.source.cursor import beyond, highest
from mainspring.steps.source.reader import Surroundings
from mainspring.steps.source.schema import compare
from mainspring.table import SchemaChange

LAKE = "lake:"


def collect(automation: Automation, backends: Backends, around: Surroundings, run_id: str, *, fresh: bool) -> Result:
    """Read the source, protect its values, gather columns of labels, write ``<automation>.raw``; how many rows came, and what
    became of the columns.

    With ``since``, rows beyond the cursor are added, and of a topic the events since the last time; else the table is replaced by
    what the source holds now.
    """
    since = automation.source.since
    name = raw_table(automation)
    events = NewEvents.of(automation, backends, name, run_id, fresh=fresh)
    cursor = backends.cursors.get(automation.name) if since and not fresh else None
    batches = events.batches() if events else batches_of(automation, backends, replace(around, cursor=cursor))
    first = next(batches, None)
    if first is None:
        return _nothing_new(backends, name)
    stored = backends.lake.schema(name) if backends.lake.exists(name) and not fresh else None
    protector, labels = Protector(automation.prepare.protect, backends.vault.key()), LabelColumns(automation)
    seen = _Seen(since, cursor)
    rows = seen.counting(chain([first], batches))
    schema = labels.gathered(protector.apply(pa.Table.from_batches([first.slice(0, 0)]))).schema
    change = compare(stored, schema) if stored is not None else SchemaChange()
    if change.refused:
        raise SchemaChanged(
            "; ".join(f"column {column!r} was {old} and is now {new}" for column, old, new in change.refused), where=name,
            remedy="bring the columns back to their types at the source, or start over with: mainspring run --fresh",
        )  # fmt: skip
    protected = (
        batch for part in rows for batch in labels.gathered(protector.apply(pa.Table.from_batches([part]))).to_batches()
    )
    version = backends.lake.write(
        name,
        pa.RecordBatchReader.from_batches(schema, protected),
        mode="append" if (since or events) and stored is not None else "overwrite",
        once=(f"{run_id}:collect", 1),
    )
    if since is not None and seen.cursor is not None:
        backends.cursors.set(automation.name, seen.cursor)
    return {
        "version": version,
        "table": name,
        "collected": seen.rows,
        "rows": backends.lake.count(name, version),
        "columns": len(schema),
        "changes": change.sentences() + (events.remarks() if events else []) + labels.remarks(),
    }


def _nothing_new(backends: Backends, name: str) -> Result:
    version = int(backends.lake.history(name)[0]["version"])
    rows, columns = backends.lake.count(name, version), len(backends.lake.schema(name, version))
    return {"version": version, "table": name, "collected": 0, "rows": rows, "columns": columns, "changes": []}


def raw_table(automation: Automation) -> str:
    return f"{automation.name}.raw"


def batches_of(automation: Automation, backends: Backends, around: Surroundings) -> Iterator[pa.RecordBatch]:
    """The rows of the source as they come, unprotected."""
    source = automation.source
    if source.sql is not None:
        return _beyond(_at_least_one(backends.lake.sql(source.sql)), automation, around)
    if source.table is not None and source.table.startswith(LAKE):
        name = source.table.removeprefix(LAKE)
        if name == raw_table(automation):
            raise SpecError(f"{automation.name!r} cannot collect from its own raw table {name!r}", where="source.table")
        return _beyond(backends.lake.batches(name), automation, around)
    return read(source, around)


def _beyond(
    batches: Iterator[pa.RecordBatch], automation: Automation, around: Surroundings
) -> Iterator[pa.RecordBatch]:
    since = automation.source.since
    for batch in batches:
        # Another automation's mark of its own test rows says nothing about this one's.
        rows = batch.drop_columns([PART]) if PART in batch.schema.names else batch
        yield rows if since is None or around.cursor is None else beyond(rows, since, around.cursor)


def _at_least_one(table: pa.Table) -> Iterator[pa.RecordBatch]:
    batches = table.to_batches()
    yield from batches or [pa.RecordBatch.from_pylist([], schema=table.schema)]


class _Seen:
    """Counts the rows that go by, and remembers the highest cursor."""

    def __init__(self, since: str | None, cursor: Any) -> None:
        self._since = since
        self.cursor = cursor
        self.rows = 0

    def counting(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self.rows += batch.num_rows
            if self._since is not None:
                self.cursor = highest(batch, self._since, self.cursor)
            yield batch
