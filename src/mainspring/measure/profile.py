"""Profile: what a table looks like, column by column."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from mainspring.errors import UnknownColumn
from mainspring.measure.columns import ColumnKind, ColumnProfile, as_numbers, describe, skewness
from mainspring.measure.suspects import GIVES_AWAY, ROWS, Answers, Suspect, gives_away
from mainspring.measure.values.evidence import Declared, evidence, target_evidence
from mainspring.measure.values.reading import Reading
from mainspring.model import Label, Question

LOOKED_AT = 200_000
"""Of longer tables, so many rows, evenly spread, are looked at; only rows and duplicates are counted in all of them."""


@dataclass(frozen=True, slots=True)
class TargetProfile:
    """What is to be predicted. ``imbalance`` is the share of the rarest class, ``skew`` that of a number.

    ``classes`` are in ascending order; they and ``missing`` are counted in the rows looked at.
    """

    column: str
    question: Question
    missing: int
    classes: tuple[tuple[Label, int], ...] = ()
    imbalance: float | None = None
    skew: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A table's face. Of ``rows``, so many were ``looked_at``; ``duplicates`` (rows that repeat another) are of all."""

    rows: int
    columns: tuple[ColumnProfile, ...] = ()
    duplicates: int = 0
    target: TargetProfile | None = None
    suspects: tuple[Suspect, ...] = ()
    looked_at: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    def count(self, *kinds: ColumnKind) -> int:
        """How many columns are of these kinds."""
        return sum(column.kind in kinds for column in self.columns)


def profile(table: pa.Table, target: str | None = None, key: str | None = None, texts: Collection[str] = ()) -> Profile:
    """What a table of raw or cleaned rows looks like. Rows come in any order; nothing is changed. ``texts`` are known to be free text.

    Raises:
        UnknownColumn: the target or the key is not in the table.
    """
    for name in (target, key):
        if name is not None and name not in table.column_names:
            raise UnknownColumn(name, "table", table.column_names)
    seen = spread_rows(table, LOOKED_AT)
    columns: list[ColumnProfile] = []
    read: dict[str, pa.Array] = {}
    for name in table.column_names:
        declared: Declared | None = "text" if name in texts and name != target else None
        found = (target_evidence if name == target else evidence)(seen[name], name, declared=declared)
        values = found.reading.many(seen[name])
        columns.append(describe(name, seen[name], found, values))
        read[name] = values
    answer = None if target is None else _target(target, read[target])
    return Profile(
        rows=len(table),
        columns=tuple(columns),
        duplicates=len(table) - _distinct_rows(table),
        target=answer,
        suspects=tuple(_suspects(columns, read, answer, key)),
        looked_at=len(seen),
    )


def spread_rows(table: pa.Table, most: int) -> pa.Table:
    """At most ``most`` rows, evenly spread over the table, in its order."""
    if len(table) <= most:
        return table
    return table.take(pa.array(np.linspace(0, len(table) - 1, most).astype(np.int64)))


def question_of(reading: Reading) -> Question:
    """Which question a target read so asks."""
    return Question.NUMBER if reading.kind in ("number", "date") else Question.CLASS


def _distinct_rows(table: pa.Table) -> int:
    if not table.num_columns or not len(table):
        return len(table)
    return pl.DataFrame(table).n_unique()


def _target(name: str, values: pa.Array) -> TargetProfile:
    present = values.drop_null()
    if pa.types.is_floating(values.type) or pa.types.is_timestamp(values.type):
        return TargetProfile(name, Question.NUMBER, values.null_count, skew=skewness(as_numbers(present)))
    counted = {entry["values"]: entry["counts"] for entry in present.value_counts().to_pylist()}
    rarest = min(counted.values()) / len(present) if counted else None
    return TargetProfile(name, Question.CLASS, values.null_count, tuple(sorted(counted.items())), rarest)


def _suspects(
    columns: list[ColumnProfile], read: dict[str, pa.Array], target: TargetProfile | None, key: str | None
) -> list[Suspect]:
    found = [Suspect(c.name, "it looks like an id: it tells rows apart and says nothing about new ones")
             for c in columns if c.kind == "id" and c.name != key]  # fmt: skip
    if target is None:
        return found
    known = read[target.column].is_valid()
    rows = np.flatnonzero(known.to_numpy(zero_copy_only=False))
    rows = rows[:: max(1, len(rows) // ROWS)]
    if len(rows) < 20:
        return found
    answers = Answers.of(read[target.column].take(pa.array(rows)), target.question == Question.CLASS)
    for column in columns:
        if column.name in (target.column, key) or column.kind in ("id", "empty", "constant", "nested", "text"):
            continue
        score = gives_away(read[column.name].take(pa.array(rows)), answers)
        if score >= GIVES_AWAY:
            why = f"alone it tells {target.column!r} almost surely: is it known when the decision is made?"
            found.append(Suspect(column.name, why, round(score, 4)))
    return found
