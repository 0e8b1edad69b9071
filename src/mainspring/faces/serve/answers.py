"""Answers: rows as JSON, and a batch in which a bad record does not spoil the good."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
from fastapi import Response

from mainspring.errors import BadRecord, QualityError
from mainspring.faces.serve.body import Asked, Record
from mainspring.faces.serve.problems import document_of

Row = dict[str, Any]
Ask = Callable[[Sequence[Record]], pa.Table]


class JsonResponse(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content, default=str)


def one(asked: Asked, ask: Ask) -> Row:
    return ask(asked.records).to_pylist()[0]


def each(asked: Asked, ask: Ask) -> tuple[list[Row], int]:
    """An answer a record, in order, ``{"problem": …}`` for a bad one; and how many are bad."""
    good = [i for i in range(len(asked.records)) if i not in asked.wrong]
    rows: dict[int, Row] = {i: {"problem": refused.document()} for i, refused in asked.wrong.items()}
    rows.update(zip(good, _halving([asked.records[i] for i in good], ask), strict=True))
    return [rows[i] for i in range(len(rows))], sum("problem" in row for row in rows.values())


def each_of(asked: Asked, ask: Callable[[Sequence[Record]], Sequence[Row | BadRecord]]) -> tuple[list[Row], int]:
    """As :func:`each`, of whoever answers for each record by itself."""
    good = [i for i in range(len(asked.records)) if i not in asked.wrong]
    rows: dict[int, Row] = {i: {"problem": refused.document()} for i, refused in asked.wrong.items()}
    for i, told in zip(good, ask([asked.records[i] for i in good]) if good else (), strict=True):
        rows[i] = {"problem": document_of(told)} if isinstance(told, BadRecord) else told
    return [rows[i] for i in range(len(rows))], sum("problem" in row for row in rows.values())


def _halving(records: Sequence[Record], ask: Ask) -> list[Row]:
    # Asking again is safe: the same record is the same decision. A few bad ones cost a few more questions.
    if not records:
        return []
    try:
        rows: list[Row] = ask(records).to_pylist()
    except (BadRecord, QualityError) as error:
        if len(records) == 1:
            return [{"problem": document_of(error)}]
        half = len(records) // 2
        return [*_halving(records[:half], ask), *_halving(records[half:], ask)]
    return [_in_full(row, record, ask) for row, record in zip(rows, records, strict=True)]


def _in_full(row: Row, record: Record, ask: Ask) -> Row:
    """A row whose ``problem`` is a sentence has it as a document that names the fields: alone, its record is refused."""
    return row if row.pop("problem", None) is None else _halving([record], ask)[0]


def counted(name: str, rows: list[Row], bad: int) -> Mapping[str, Any]:
    """``{"decisions": [...], "answered": n, "refused": m}``."""
    return {name: rows, "answered": len(rows) - bad, "refused": bad}
