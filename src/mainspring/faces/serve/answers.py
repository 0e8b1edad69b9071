"""Answers: rows as JSON, and a batch in which a bad record does not spoil the good."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import Response

from mainspring.errors import BadRecord
from mainspring.faces.serve.body import Asked, Record
from mainspring.faces.serve.problems import document_of

Row = dict[str, Any]


class JsonResponse(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content, default=str)


def each(asked: Asked, ask: Callable[[Sequence[Record]], Sequence[Row | BadRecord]]) -> tuple[list[Row], int]:
    """An answer a record, in order, ``{"problem": …}`` for a bad one; and how many are bad."""
    good = [i for i in range(len(asked.records)) if i not in asked.wrong]
    rows: dict[int, Row] = {i: {"problem": refused.document()} for i, refused in asked.wrong.items()}
    for i, told in zip(good, ask([asked.records[i] for i in good]) if good else (), strict=True):
        rows[i] = {"problem": document_of(told)} if isinstance(told, BadRecord) else told
    return [rows[i] for i in range(len(rows))], sum("problem" in row for row in rows.values())


def counted(name: str, rows: list[Row], bad: int) -> Mapping[str, Any]:
    """``{"decisions": [...], "answered": n, "refused": m}``."""
    return {name: rows, "answered": len(rows) - bad, "refused": bad}
