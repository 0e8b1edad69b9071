"""Tagged: files with a word and its tag a line (CoNLL, in IOB1, IOB2, BIOES or BMES) as texts with spans.

A blank line ends a sentence. Where ``-DOCSTART-`` begins documents, a row is a document with a sentence a line: what stands around
a sentence helps to read it; else a row is a sentence. Characters of Chinese stand together as they are written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.errors import SourceError
from mainspring.measure.spans.span import Span, write_spans
from mainspring.measure.spans.tags import chunks
from mainspring.steps.source.files.content import Content, Opened, empty, reading
from mainspring.steps.source.files.encoding import decoded, encoding_of

BEGINS = "-DOCSTART-"
_BLANKS = re.compile(r"[ \t]+")
"""Other blanks of Unicode may be words."""
ROWS = 2_000
SCHEMA = pa.schema([("text", pa.string()), ("spans", pa.string()), ("part", pa.string())])
PARTS = (
    ("testa", "valid"),
    ("testb", "test"),
    ("train", "train"),
    ("dev", "valid"),
    ("valid", "valid"),
    ("test", "test"),
)
"""What is in a file's name, and which part its rows are then, first come first."""
WIDE = (
    ("\u2e80", "\u9fff"),
    ("\uac00", "\ud7a3"),
    ("\uf900", "\ufaff"),
    ("\uff00", "\uffef"),
    ("\U00020000", "\U0003ffff"),
)


def open_tagged(content: Content, source: Source) -> Opened:
    """``text``, ``spans`` as JSON (``[[0,5,"PER"]]``), and ``part``, where the file's name tells: train, valid or test.

    Raises:
        SourceError: empty, undecodable, or a line lacks its tag (with its number): the file was cut short, or is of another format.
    """
    with reading(content.name):
        encoding = encoding_of(content, source.encoding)
        if not content.head().strip():
            raise empty(content.name)
    return Opened(SCHEMA, lambda: _batches(content, encoding))


def _batches(content: Content, encoding: str) -> Iterator[pa.RecordBatch]:
    part = next((part for mark, part in PARTS if mark in content.name.rpartition("/")[2].lower()), None)
    rows: list[tuple[str, str]] = []
    with reading(content.name):
        for row in _rows(content, encoding):
            rows.append(row)
            if len(rows) >= ROWS:
                yield _batch(rows, part)
                rows = []
    if rows:
        yield _batch(rows, part)


def _batch(rows: list[tuple[str, str]], part: str | None) -> pa.RecordBatch:
    columns = {"text": [text for text, _ in rows], "spans": [spans for _, spans in rows], "part": [part] * len(rows)}
    return pa.RecordBatch.from_pydict(columns, schema=SCHEMA)


@dataclass
class _Row:
    """A text that grows word by word."""

    text: str = ""
    spans: list[Span] = field(default_factory=list[Span])
    words: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    tags: list[str] = field(default_factory=list[str])

    def add(self, word: str, tag: str) -> None:
        if self.words and not (is_wide(self.text[-1]) and is_wide(word[0])):
            self.text += " "
        elif self.text and not self.words:
            self.text += "\n"
        self.words.append((len(self.text), len(self.text) + len(word)))
        self.tags.append(tag)
        self.text += word

    def end_sentence(self) -> None:
        for first, end, label in chunks(self.tags):
            self.spans.append(Span(self.words[first][0], self.words[end - 1][1], label))
        self.words, self.tags = [], []

    def told(self) -> tuple[str, str]:
        return self.text, write_spans(self.spans)


def _rows(content: Content, encoding: str) -> Iterator[tuple[str, str]]:
    row, documents, columns = _Row(), False, 0
    for number, line in _lines(content, encoding):
        cells = _BLANKS.split(line.strip(" \t\r"))
        cells = cells if cells[0] else []
        begins = bool(cells) and cells[0] == BEGINS
        if not cells or begins:
            row.end_sentence()
            if row.text and (begins or not documents):
                yield row.told()
                row = _Row()
            documents = documents or begins
            continue
        if len(cells) < 2 or len(cells) < columns:
            raise SourceError(
                f"line {number:,} lacks its tag", where=content.name,
                remedy="the file was cut short, or is not of words with a tag each; nothing of it was taken",
            )  # fmt: skip
        columns = columns or len(cells)
        row.add(cells[0], cells[-1])
    row.end_sentence()
    if row.text:
        yield row.told()


def _lines(content: Content, encoding: str) -> Iterator[tuple[int, str]]:
    number, rest = 0, ""
    for piece in decoded(content, encoding):
        *whole, rest = (rest + piece).split("\n")
        for line in whole:
            number += 1
            yield number, line.lstrip("\ufeff")
    if rest:
        yield number + 1, rest


def is_wide(character: str) -> bool:
    """Of a script that is written without blanks."""
    return any(first <= character <= last for first, last in WIDE)
