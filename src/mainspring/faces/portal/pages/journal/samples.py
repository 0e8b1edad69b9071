"""Samples: what records of an automation look like: ranges of numbers, usual texts, and one to begin with."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mainspring.errors import NotFound
from mainspring.workspace import Workspace

ROWS, LEVELS = 1000, 40


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record: its ``kind`` (number, bool, time, text), where numbers lie, and the texts that occur."""

    name: str
    kind: str
    protected: bool
    low: float | None
    high: float | None
    whole: bool
    levels: tuple[str, ...]


def sample(workspace: Workspace, name: str) -> list[dict[str, Any]]:
    """Some records as they are kept (protected values are replaced in them): of the journal, else of the raw table."""
    decided = workspace.journal.page(name, limit=200)["decisions"]
    rows = [dict(decision["record"]) for decision in decided]
    try:
        return [*rows, *first_rows(workspace, f"{name}.raw").slice(0, ROWS).to_pylist()]
    except NotFound:
        return rows


def first_rows(workspace: Workspace, table: str) -> pa.Table:
    """Some thousand rows from the beginning of a table of the lake. Raises NotFound."""
    batches = workspace.lake.batches(table)
    first = next(batches)
    return pa.Table.from_batches([next((batch for batch in batches if len(batch)), first) if not len(first) else first])


def fields(asks: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[Field]:
    return [_field(ask, [row[ask["field"]] for row in rows if row.get(ask["field"]) is not None]) for ask in asks]


def _field(ask: Mapping[str, Any], values: list[Any]) -> Field:
    numbers = (
        [number for value in values if (number := as_number(value)) is not None] if ask["kind"] == "number" else []
    )
    levels = [text for text, _ in Counter(map(str, values)).most_common(LEVELS + 1)] if not numbers else []
    return Field(
        ask["field"],
        ask["kind"],
        bool(ask["protected"]),
        min(numbers, default=None),
        max(numbers, default=None),
        bool(numbers) and all(number == int(number) for number in numbers),
        tuple(levels) if len(levels) <= LEVELS else (),
    )


def as_number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
