"""Dependence: how the answer goes with one column while the others stay as they are, for the columns that matter most.

Partial dependence (Friedman 2001) is the mean over rows of the answer when a column is set to a value; the individual
lines (ICE, Goldstein et al. 2015) show whether it is the same for all. Both ask for rows that need not occur where columns
go together; there the accumulated local effects (Apley & Zhu 2020), which move each row to its neighbours only, stand beside.
"""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.model import Label, Model
from mainspring.steps.learn.evaluation.judged import Floats, Judged, affordable, answers_of, with_column

COLUMNS = 6
ROWS = 200
FEWEST = 20
GRID = 20
LINES = 30
LEVELS = 10
FEW = 5
"""Numbers with at most so many different values are shown as categories are."""
WORDS = 0.5
"""Texts of which more than this share are different say nothing as categories."""
LONGEST = 60
ACCUMULATED = 1000
TOGETHER = 0.7
"""Rank correlation from which on two columns go together."""

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Values:
    """What a column is set to: ``values`` of its own type, in order; ``kind`` is number, date or category."""

    kind: str
    values: pa.Array

    def plain(self) -> list[Any]:
        return [
            v.isoformat() if isinstance(v, date | datetime) else v if _is_plain(v) else float(v)
            for v in self.values.to_pylist()
        ]


def dependence(
    model: Model, judged: Judged, columns: Sequence[str], private: Collection[str], *, seconds: float, seed: int
) -> list[Entry]:
    """For the first few of ``columns`` (most important first) that can be shown: the mean answer over a grid of values.

    The answer is the value, the probability of the positive of two classes, or of the commonest of more. Columns in
    ``private`` and texts are not shown. Fewer rows, then fewer columns, are asked where ``seconds`` would not do.
    """
    base = judged.some(ROWS, seed)
    began = time.monotonic()
    asked = _Asked.of(model, base)
    rows = affordable(asked.answers, base.table, seconds / (COLUMNS * GRID), least=FEWEST, most=ROWS)
    some = base.table.slice(0, rows)
    many = judged.some(ACCUMULATED, seed).table
    ranked = _ranked(many)
    entries: list[Entry] = []
    for name in columns:
        if len(entries) == COLUMNS or (entries and time.monotonic() - began > seconds):
            break
        found = None if name in private or name not in some.column_names else _values(judged.table.column(name))
        if found is not None:
            entry = _entry(asked, some, name, found)
            entries.append(entry | _together(asked, many, entry, found, ranked))
    return entries


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which of the answers is drawn: ``place`` among the classes, whose name is ``label``; None for numbers."""

    model: Model
    place: int | None
    label: Label | None

    @classmethod
    def of(cls, model: Model, judged: Judged) -> "_Asked":
        classes = model.card.classes
        if not classes:
            return cls(model, None, None)
        commonest = int(np.bincount(judged.truth.astype(np.int64)).argmax())
        place = commonest if judged.positive is None else judged.positive
        return cls(model, place, classes[place])

    def answers(self, table: pa.Table) -> Floats:
        told = answers_of(self.model, table)
        return told if self.place is None else told[:, self.place]


def _entry(asked: _Asked, rows: pa.Table, name: str, found: _Values) -> Entry:
    size = len(found.values)
    repeated = rows.take(pa.array(np.repeat(np.arange(len(rows)), size)))
    told = asked.answers(with_column(repeated, name, pa.concat_arrays([found.values] * len(rows)))).reshape(
        len(rows), size
    )
    low, high = np.quantile(told, [0.1, 0.9], axis=0)
    entry = {
        "column": name, "kind": found.kind, "of": None if asked.label is None else str(asked.label), "rows": len(rows),
        "grid": found.plain(), "mean": told.mean(axis=0).tolist(), "low": low.tolist(), "high": high.tolist(),
    }  # fmt: skip
    return entry if found.kind == "category" else entry | {"lines": told[:LINES].tolist()}


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | bool | int | float)


def _values(column: pa.ChunkedArray) -> _Values | None:
    """The grid of a column; None where it cannot be shown."""
    kind, present = column.type, column.drop_null().combine_chunks()
    if not len(present):
        return None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind):
        return _levels(column, present)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numbers(column, present, "number")
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _numbers(column, present, "date")
    return None


def _levels(column: pa.ChunkedArray, present: pa.Array) -> _Values | None:
    counted = Counter(present.to_pylist())
    if len(counted) < 2 or (len(counted) > LEVELS and len(counted) > WORDS * len(present)):
        return None
    if max(len(str(level)) for level in counted) > LONGEST:
        return None
    levels: list[Any] = [level for level, _ in counted.most_common(LEVELS)]
    if column.null_count:
        levels.append(None)
    return _Values("category", pa.array(levels, column.type))


def _numbers(column: pa.ChunkedArray, present: pa.Array, kind: str) -> _Values | None:
    finite = present.filter(pc.is_finite(present)) if pa.types.is_floating(present.type) else present
    ordered = finite.take(pc.array_sort_indices(finite))
    different = pc.unique(ordered)
    if len(different) < 2:
        return None
    if kind == "number" and len(different) <= FEW:
        levels = pa.concat_arrays([different, pa.nulls(1, different.type)]) if column.null_count else different
        return _Values("category", levels)
    if len(different) > GRID:
        # Values that occur, between the outermost hundredths.
        places = np.linspace(0.01, 0.99, GRID) * (len(ordered) - 1)
        different = pc.unique(ordered.take(pa.array(places.round().astype(np.int64))))
    return None if len(different) < 2 else _Values(kind, different)


def _ranked(table: pa.Table) -> dict[str, Floats]:
    """The ranks of every column of numbers, standardised; missing is the highest."""
    ranked: dict[str, Floats] = {}
    for name in table.column_names:
        column = table.column(name)
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            continue
        ranks = pc.rank(column.combine_chunks(), tiebreaker="dense").to_numpy().astype(np.float64)
        spread = ranks.std()
        if spread > 0:
            ranked[name] = (ranks - ranks.mean()) / spread
    return ranked


def _together(asked: _Asked, rows: pa.Table, entry: Entry, found: _Values, ranked: dict[str, Floats]) -> Entry:
    """The column that goes most with this one, and the accumulated local effects; nothing where none does."""
    name = entry["column"]
    features = {n for n in asked.model.card.input.names if n != name}
    if found.kind != "number" or name not in ranked:
        return {}
    near = {n: float(ranks @ ranked[name] / len(ranks)) for n, ranks in ranked.items() if n in features}
    other = max(near, key=lambda n: abs(near[n]), default=None)
    if other is None or abs(near[other]) < TOGETHER:
        return {}
    effects = _accumulated(asked, rows, entry, found)
    return {"with": {"column": other, "correlation": near[other]}, "accumulated": effects.tolist()}


def _accumulated(asked: _Asked, table: pa.Table, entry: Entry, found: _Values) -> Floats:
    """At each value of the grid, as high on the mean of the rows as the partial dependence."""
    name = entry["column"]
    table = table.filter(pc.is_valid(table.column(name)))
    edges = found.values.cast(pa.float64()).to_numpy()
    values = table.column(name).cast(pa.float64()).to_numpy()
    part = np.clip(np.searchsorted(edges, values, side="left") - 1, 0, len(edges) - 2)
    upper, lower = (asked.answers(with_column(table, name, found.values.take(pa.array(part + k)))) for k in (1, 0))
    counts = np.bincount(part, minlength=len(edges) - 1)
    steps = np.bincount(part, weights=upper - lower, minlength=len(edges) - 1) / np.maximum(1, counts)
    effects = np.concatenate([[0.0], np.cumsum(steps)])
    apart = np.array(entry["mean"]) - effects
    return effects + ((apart[:-1] + apart[1:]) / 2) @ counts / max(1, counts.sum())
