"""Objects: JSON arrays of objects, JSON lines, and objects one after another, streamed.

A column is an object's key. An object inside becomes a column a key (``address.city``), one level deep; deeper ones and
lists become JSON text. A column of mixed types becomes text; whole and broken numbers together become doubles.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.errors import SourceError
from mainspring.steps.source.columns import distinct_names, json_text
from mainspring.steps.source.files.content import Content, Opened, empty, reading
from mainspring.steps.source.files.encoding import decoded, encoding_of, line_ends

ROWS = 8192
LONGEST_OBJECT = 256 << 20
EXACT = 1 << 53
_GAP = re.compile(r"[\s,]*")


def open_objects(content: Content, source: Source) -> Opened:
    """A JSON or JSON-lines file. It is read twice: once for the columns and their types, once for the rows.

    Raises:
        SourceError: not JSON (with the line), an element that is no object, a list left open, a key that stands twice.
    """
    with reading(content.name):
        encoding = encoding_of(content, source.encoding)
        columns = _columns(objects(content, encoding), content.name)
    schema = pa.schema([(column.name, column.kind) for column in columns])
    return Opened(schema, lambda: _batches(content, encoding, columns, schema))


@dataclass(slots=True)
class Kinds:
    """What kinds of values stand under a key, and under the keys of the objects there."""

    found: set[str] = field(default_factory=set[str])
    inside: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def see(self, value: Any) -> None:
        self.found.add(kind_of(value))
        if isinstance(value, dict):
            for key, inner in value.items():
                self.inside.setdefault(key, set()).add(kind_of(inner))

    @property
    def flat(self) -> bool:
        return bool(self.inside) and self.found <= {"object", "null"}


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if abs(value) <= EXACT else "long" if -(1 << 63) <= value < 1 << 63 else "huge"
    return {float: "float", str: "text", dict: "object", list: "list"}[type(value)]


def type_of(kinds: set[str]) -> pa.DataType:
    """The narrowest type in which every value of these kinds keeps its meaning; text where there is none."""
    kinds = kinds - {"null"}
    if not kinds:
        return pa.null()
    if kinds == {"bool"}:
        return pa.bool_()
    if kinds <= {"int", "long"}:
        return pa.int64()
    return pa.float64() if kinds <= {"int", "float"} else pa.string()


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    path: tuple[str, ...]
    kind: pa.DataType

    def array(self, rows: list[dict[str, Any]]) -> pa.Array:
        values = [row.get(self.path[0]) for row in rows]
        if len(self.path) > 1:
            values = [None if value is None else value.get(self.path[1]) for value in values]
        if pa.types.is_string(self.kind):
            values = [value if value is None or isinstance(value, str) else json_text(value) for value in values]
        return pa.array(values, self.kind)


def _columns(rows: Iterator[dict[str, Any]], name: str) -> list[Column]:
    keys: dict[str, Kinds] = {}
    for row in rows:
        for key, value in row.items():
            keys.setdefault(key, Kinds()).see(value)
    if not keys:
        raise empty(name)
    paths: list[tuple[tuple[str, ...], set[str]]] = []
    for key, kinds in keys.items():
        paths += [((key, inner), k) for inner, k in kinds.inside.items()] if kinds.flat else [((key,), kinds.found)]
    names = distinct_names([".".join(path) for path, _ in paths], name)
    return [Column(n, path, type_of(kinds)) for n, (path, kinds) in zip(names, paths, strict=True)]


def _batches(content: Content, encoding: str, columns: list[Column], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with reading(content.name):
        rows = objects(content, encoding)
        while part := list(islice(rows, ROWS)):
            yield pa.RecordBatch.from_arrays([column.array(part) for column in columns], schema=schema)


def objects(content: Content, encoding: str) -> Iterator[dict[str, Any]]:
    text = Text(decoded(content, encoding), content.name)
    first, within, closed = True, False, False
    while text.skip_gap():
        if closed:
            raise text.wrong("something follows after the end of the list")
        if first and text.next() == "[":
            within = text.take()
        elif within and text.next() == "]":
            closed = text.take()
        else:
            yield text.object()
        first = False
    if within and not closed:
        raise SourceError(
            "the list is not closed; the file was cut short", where=content.name, remedy="copy or export it again"
        )


class Text:
    """Text that arrives in pieces, from which one JSON object after another is taken."""

    def __init__(self, pieces: Iterator[str], name: str) -> None:
        self.pieces = pieces
        self.name = name
        self.buffer = ""
        self.at = 0
        self.line = 1
        self.decoder = json.JSONDecoder(object_pairs_hook=self._pairs)

    def next(self) -> str:
        return self.buffer[self.at]

    def take(self) -> bool:
        self.at += 1
        return True

    def skip_gap(self) -> bool:
        """Move to the next thing that is neither white space nor a comma; False at the end."""
        while True:
            self.at = _GAP.match(self.buffer, self.at).end()  # pyright: ignore[reportOptionalMemberAccess]
            if self.at < len(self.buffer):
                return True
            if not self._more():
                return False

    def object(self) -> dict[str, Any]:
        while True:
            try:
                value, end = self.decoder.raw_decode(self.buffer, self.at)
            except json.JSONDecodeError as error:
                within = error.pos - self.at
                if self._cut_off(error) and self._more():
                    continue
                raise self.wrong(f"not JSON ({error.msg.lower()})", self.at + within) from None
            except (RecursionError, ValueError):
                raise self.wrong("nested too deeply, or a number of too many digits") from None
            if not isinstance(value, dict):
                raise self.wrong("not an object: every row must be one")
            self.at = end
            return value

    def _cut_off(self, error: json.JSONDecodeError) -> bool:
        """Whether more text may mend it: the mistake is at the very end of what is there."""
        return error.msg.startswith("Unterminated") or len(self.buffer[error.pos : error.pos + 4096].strip()) < 16

    def _more(self) -> bool:
        left = len(self.buffer) - self.at
        if left > LONGEST_OBJECT:
            raise self.wrong("an object is too long")
        self.line += line_ends(self.buffer[: self.at])
        fresh: list[str] = []
        for piece in self.pieces:
            fresh.append(piece)
            left -= len(piece)
            if piece and left <= 0:
                break
        self.buffer, self.at = self.buffer[self.at :] + "".join(fresh), 0
        return any(fresh)

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        row = dict(pairs)
        if len(row) < len(pairs):
            keys = [key for key, _ in pairs]
            twin = next(key for key in keys if keys.count(key) > 1)
            raise SourceError(
                f"line {self._line(self.at)}: the key {twin!r} stands twice in one object",
                where=self.name,
                remedy="rename one of the two",
            )
        return row

    def wrong(self, what: str, position: int | None = None) -> SourceError:
        line = self._line(self.at if position is None else position)
        return SourceError(
            f"line {line}: {what}", where=self.name, remedy="correct that line, or export the file again"
        )

    def _line(self, position: int) -> int:
        return self.line + line_ends(self.buffer[:position])
