"""Clean: how every column is read, told from the training rows, then the same for every table and record."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation.prepare import Prepare
from mainspring.errors import UnknownColumn
from mainspring.measure.profile import spread_rows
from mainspring.measure.values.evidence import Evidence, evidence, target_evidence
from mainspring.measure.values.reading import Read, Reading, reading_from, reading_to_plain
from mainspring.steps.prepare.problems import Check, checker

SHOWN = 8
LOOKED_AT = 200_000
"""Of longer tables, so many rows, evenly spread, are the evidence."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column: the Arrow type it came with, and how it is read."""

    name: str
    type: str
    reading: Reading


@dataclass(frozen=True)
class CleaningPlan:
    """How a table is cleaned. ``changes`` says in sentences what that means for the rows it was told from.

    Rows stay what and where they are; only values change: to float64, int64 (classes of a target), bool, naive UTC
    timestamps in microseconds, or trimmed text; null where missing, impossible or unreadable. Cleaning twice is
    cleaning once.
    """

    columns: tuple[ColumnPlan, ...]
    target: str | None = None
    key: str | None = None
    changes: tuple[str, ...] = ()

    @cached_property
    def schema(self) -> pa.Schema:
        """Of cleaned tables."""
        return pa.schema([(column.name, column.reading.type) for column in self.columns])

    @cached_property
    def _readers(self) -> tuple[tuple[str, Read], ...]:
        return tuple((column.name, column.reading.one()) for column in self.columns)

    @cached_property
    def _checks(self) -> tuple[tuple[str, Check], ...]:
        return tuple((column.name, checker(column.reading)) for column in self.columns)

    def apply(self, table: pa.Table) -> pa.Table:
        """The table cleaned, of (n rows, :attr:`schema`): a lacking column is null, further columns are left out."""
        there = set(table.column_names)
        arrays = [
            column.reading.many(table.column(column.name))
            if column.name in there
            else pa.nulls(len(table), column.reading.type)
            for column in self.columns
        ]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def apply_one(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """One record cleaned: Python's values of the row that :meth:`apply` makes of it."""
        get = record.get
        return {name: read(get(name)) for name, read in self._readers}

    def problems(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Field → what is wrong with what a caller sent in it. Null and marks for *missing* are no problem."""
        get = record.get
        found = ((name, check(value)) for name, check in self._checks if (value := get(name)) is not None)
        return {name: why for name, why in found if why}

    def problems_among(self, records: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
        """Place → :meth:`problems`, of the records that have any, in order."""
        return {place: wrong for place in sorted(self.suspects(records)) if (wrong := self.problems(records[place]))}

    def suspects(self, records: Sequence[Mapping[str, Any]]) -> set[int]:
        """Places of the records that have :meth:`problems`; each distinct value of a column is looked at once."""
        found: set[int] = set()
        for name, check in self._checks:
            values = [record.get(name) for record in records]
            try:
                bad = {
                    known
                    for known in set(zip(map(type, values), values, strict=True))
                    if known[1] is not None and check(known[1])
                }
            except TypeError:  # lists and objects have no hash
                found.update(i for i, value in enumerate(values) if value is not None and check(value))
                continue
            if bad:
                found.update(i for i, value in enumerate(values) if (type(value), value) in bad)
        return found

    def only(self, names: Collection[str]) -> Self:
        """The plan for these columns alone."""
        return type(self)(tuple(column for column in self.columns if column.name in names), self.target, self.key)

    def reading(self, name: str) -> Reading:
        """How the column is read.

        Raises:
            UnknownColumn: the plan knows no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column.reading
        raise UnknownColumn(name, "table", [column.name for column in self.columns])

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns of free text."""
        return tuple(column.name for column in self.columns if column.reading.kind == "text")

    def to_json(self) -> str:
        columns = [
            {"name": column.name, "type": column.type, "reading": reading_to_plain(column.reading)}
            for column in self.columns
        ]
        plain = {"columns": columns, "target": self.target, "key": self.key, "changes": self.changes}
        return json.dumps(plain, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        plain = json.loads(text)
        columns = tuple(
            ColumnPlan(column["name"], column["type"], reading_from(column["reading"])) for column in plain["columns"]
        )
        return cls(columns, plain["target"], plain["key"], tuple(plain["changes"]))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.columns, self.target, self.key, self.changes)


def plan(table: pa.Table, prepare: Prepare, *, target: str | None, key: str | None) -> CleaningPlan:
    """How to clean tables like this one, told from its values; from training rows only, so that nothing leaks.

    Raises:
        UnknownColumn: the target, the key or a column of ``prepare.types`` is not in the table.
    """
    for name in (target, key, *prepare.types):
        if name is not None and name not in table.column_names and prepare.protect.get(name) != "drop":
            raise UnknownColumn(name, "table", table.column_names)
    seen = spread_rows(table, LOOKED_AT)
    columns: list[ColumnPlan] = []
    changes: list[str] = []
    for field in table.schema:
        found = _evidence(seen.column(field.name), field.name, prepare, target=target, key=key)
        columns.append(ColumnPlan(field.name, str(field.type), found.reading))
        changes.extend(f"{field.name}: {change}" for change in _changes(found))
    if len(seen) < len(table):
        changes.append(f"all of this was counted in {len(seen):,} of {len(table):,} rows")
    return CleaningPlan(tuple(columns), target, key, (*_read_as(columns), *changes))


def with_target(table: pa.Table, target: str) -> tuple[pa.Table, int]:
    """The rows of a cleaned table that have a target, and how many had none: nobody can learn from those."""
    known = pc.is_valid(table.column(target))
    kept = table.filter(known)
    return kept, len(table) - len(kept)


def _evidence(column: pa.ChunkedArray, name: str, prepare: Prepare, *, target: str | None, key: str | None) -> Evidence:
    declared = prepare.types.get(name)
    if name == key:
        return Evidence(Reading("id"))
    told = target_evidence if name == target else evidence
    return told(column, name, declared=declared, missing=prepare.missing)


_KINDS = {
    "number": "numbers", "whole": "whole numbers", "date": "dates", "boolean": "truth values", "category": "categories",
    "text": "text", "verbatim": "text", "spans": "lists of spans", "labels": "lists of labels", "id": "ids", "nested": "nested values",
}  # fmt: skip


def _read_as(columns: list[ColumnPlan]) -> list[str]:
    """One sentence for each kind that was found in columns of text."""
    sentences: list[str] = []
    for kind in ("number", "whole", "date", "boolean"):
        names = [column.name for column in columns if column.type == "string" and column.reading.kind == kind]
        if names:
            shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
            sentences.append(f"text is read as {_KINDS[kind]}: {shown}")
    return sentences


def _changes(found: Evidence) -> list[str]:
    kind = found.reading.kind
    sentences = [f"{mark!r} means missing ({count:,} values)" if mark else f"{count:,} blank values are missing"
                 for mark, count in found.marks if count]  # fmt: skip
    if kind == "empty":
        return ["has no values"]
    if found.reading.comma:
        sentences.insert(0, "the comma is the decimal sign")
    if found.unreadable:
        sentences.append(f"{found.unreadable:,} values are impossible or no {_KINDS[kind]}, thus missing")
    if kind == "nested":
        sentences.append("nested values are kept as text and serve no model")
    return sentences
