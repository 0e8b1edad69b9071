"""Outcomes: decisions of which it is known for good what they led to become rows to learn from, behind those of the source."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.decision import Decision
from mainspring.measure.multilabel.labels import read_labels
from mainspring.model import Label
from mainspring.run.desk import Desk
from mainspring.run.feedback.settled import settle
from mainspring.run.flow import Result
from mainspring.run.train.prepare import PLACE

MOST = 300_000
"""Of more outcomes the newest so many."""


def joined(automation: Automation, backends: Backends, desk: Desk, collected: Result, run_id: str) -> Result:
    """Write ``<automation>.joined``: the rows collected, then the settled decisions in their order, as they were decided about.

    ``outcomes`` of them became rows, from row number ``first`` on; ``waiting`` are too young to count, of ``silent`` ones nothing final
    was heard; ``untimed`` ones could not be put in time.
    """
    raw = backends.lake.read(collected["table"], collected["version"])
    settlement = settle(desk, backends)
    told: dict[str, Label] = {
        one.outcome.decision_id: one.truth for one in settlement.settled[-MOST:] if one.truth is not None
    }
    known = backends.decisions.find_all(list(told))
    assert automation.learn is not None  # the caller has looked
    target = automation.learn.target
    rows = [
        {
            **known[id].record,
            target: as_written(truth, raw.schema.field(target).type),
            **_moment(automation, raw.schema, known[id]),
        }
        for id, truth in told.items()
    ]
    timed = [row for row in rows if _has_time(automation, raw.schema, row)]
    table = pa.concat_tables([raw, rows_like(raw.schema, timed)])
    kept = table.drop_columns([PLACE]) if PLACE in table.column_names else table
    kept = kept.append_column(PLACE, pa.array(range(len(kept)), pa.int64()))
    name = f"{automation.name}.joined"
    version = backends.lake.write(name, kept, mode="overwrite", once=(f"{run_id}:join", 1))
    return {
        **collected, "table": name, "version": version, "rows": len(table), "ordered": True, "first": len(raw), "outcomes": len(timed),
        "waiting": settlement.waiting, "silent": settlement.silent, "untimed": len(rows) - len(timed),
    }  # fmt: skip


def as_written(truth: Label, kind: pa.DataType) -> Any:
    """Labels, which are kept as JSON, as a list where the source has lists; all else as it is."""
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return truth
    try:
        return pa.array([read_labels(truth)], pa.list_(pa.string())).cast(kind)[0].as_py()
    except pa.ArrowException:
        return None


def rows_like(schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Records as a table of this schema: what it does not know is left out, what cannot be so is missing."""
    return pa.table([_column(field.type, [row.get(field.name) for row in rows]) for field in schema], schema=schema)


def _column(kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError, ValueError):
        return pa.array([_value(kind, value) for value in values], kind)


def _value(kind: pa.DataType, value: Any) -> Any:
    """As ``kind``, or else None."""
    if value is None:
        return None
    try:
        return pa.scalar(value, kind).as_py()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError, ValueError):
        pass
    try:
        # "7" where numbers are kept, 7 where text is: a plain value in another form.
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return pc.cast(pa.array([text]), kind)[0].as_py()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, ValueError):
        return None


def _moment(automation: Automation, schema: pa.Schema, decision: Decision) -> dict[str, Any]:
    """When it happened, where the record does not say: when it was decided."""
    column = automation.source.time
    if column is None or column not in schema.names or decision.record.get(column) is not None:
        return {}
    kind, at = schema.field(column).type, decision.at
    if pa.types.is_timestamp(kind):
        return {column: at if kind.tz else at.astimezone(UTC).replace(tzinfo=None)}
    if pa.types.is_date(kind):
        return {column: at.astimezone(UTC).date()}
    return {column: _text(at)} if pa.types.is_string(kind) or pa.types.is_large_string(kind) else {}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _has_time(automation: Automation, schema: pa.Schema, row: Mapping[str, Any]) -> bool:
    column = automation.source.time
    return column is None or column not in schema.names or row.get(column) is not None
