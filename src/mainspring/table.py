"""Table: rows at rest. Arrow in memory, whatever the caller brought."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast, runtime_checkable

import pyarrow as pa

from mainspring.errors import QualityError


@runtime_checkable
class ArrowStream(Protocol):
    """Any table that speaks the Arrow PyCapsule interface: polars, pandas, DuckDB, Arrow itself."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Rows = ArrowStream | Sequence[Mapping[str, Any]] | Mapping[str, Any]


def to_arrow(rows: Rows, name: str = "rows") -> pa.Table:
    """Rows of any kind as an Arrow table of (n rows, m columns).

    Takes pandas and polars frames, Arrow tables, batches and readers, one dict, or a sequence of dicts (columns are the union
    of their keys in order of appearance; a missing key is null). Index columns of pandas are dropped.

    Raises:
        QualityError: a column name stands twice, or values of one column cannot be brought to one type.

    >>> to_arrow([{"a": 1}, {"a": 2, "b": "x"}]).to_pylist()
    [{'a': 1, 'b': None}, {'a': 2, 'b': 'x'}]
    """
    if isinstance(rows, pa.Table):
        table = cast(pa.Table, rows)
    elif isinstance(rows, pa.RecordBatch):
        table = pa.Table.from_batches([rows])
    elif isinstance(rows, Mapping):
        table = _from_dicts([rows], name)
    elif isinstance(rows, ArrowStream):
        table = pa.table(rows)
    else:
        table = _from_dicts(rows, name)
    _refuse_twins(table.column_names, name)
    return _plain(table)


def _plain(table: pa.Table) -> pa.Table:
    """Without pandas' index columns, and without the string views and large types that polars and pandas hand over."""
    table = table.drop_columns([n for n in table.column_names if n.startswith("__index_level_")])
    fields = [pa.field(f.name, _plain_type(f.type), nullable=True) for f in table.schema]
    return table.cast(pa.schema(fields))


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    return kind


def _refuse_twins(names: Iterable[str], table: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise QualityError(
                f"column {name!r} stands twice in {table!r}", where=table, remedy="rename one of the two columns"
            )
        seen.add(name)


def _from_dicts(rows: Sequence[Mapping[str, Any]], name: str) -> pa.Table:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return pa.table({column: _column([row.get(column) for row in rows], f"{name}.{column}") for column in columns})


def _column(values: list[Any], where: str) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass
    kinds: set[type] = {type(v) for v in values if v is not None}
    if kinds <= {int, float, bool}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if kinds <= {int, float, bool, str}:
        return pa.array([None if v is None else str(v) for v in values], pa.string())
    raise QualityError(
        f"the values of one column are of kinds that do not fit together: {', '.join(sorted(k.__name__ for k in kinds))}",
        where=where,
        remedy="bring the column to one type",
    )


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """What became of a table's columns since it was last stored. Types are written as Arrow writes them."""

    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    widened: tuple[tuple[str, str, str], ...] = ()
    refused: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.missing or self.widened or self.refused)

    def sentences(self) -> list[str]:
        """One sentence a change, for people."""
        return [
            *(f"new column {name!r}: earlier rows are empty there" for name in self.added),
            *(f"column {name!r} is missing: new rows are empty there" for name in self.missing),
            *(f"column {name!r} widened from {old} to {new}" for name, old, new in self.widened),
            *(f"column {name!r} was {old} and is now {new}" for name, old, new in self.refused),
        ]
