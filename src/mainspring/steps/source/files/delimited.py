"""Delimited: CSV and its relatives, streamed.

Every cell is read as text; types are told later, by the evidence of all rows. An unquoted
empty cell is missing, a quoted one is the empty text. Blank lines are skipped.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import csv as arrow_csv

from mainspring.automation.source import Source
from mainspring.errors import SourceError
from mainspring.steps.source.columns import distinct_names
from mainspring.steps.source.files.content import Content, Opened, empty, reading
from mainspring.steps.source.files.encoding import decoded, encoding_of
from mainspring.steps.source.files.ragged import uneven_line
from mainspring.steps.source.files.records import OpenQuote, blocks

DELIMITERS = (",", "\t", ";", "|")
NO_DELIMITERS = '"\r\n\0'
ONE_COLUMN = "\x1f"
NOTHING = (0.0, 0)
RENAME_OR_NAME = "rename one of the two; if the first line is data already, put a line of column names above it"
SAMPLE = 100_000
HEADER_LIMIT = 64 << 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written. ``skipped`` characters, up to the end of the header, come before the rows."""

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    skipped: int

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, pa.string()) for name in self.names])


def open_delimited(content: Content, source: Source) -> Opened:
    """A CSV file as text columns, in blocks of some megabytes.

    Raises:
        SourceError: empty, undecodable, a row with too few or too many cells (with its line), a quote left open.
    """
    if source.delimiter and (not source.delimiter.isascii() or source.delimiter in NO_DELIMITERS):
        raise SourceError(
            f"{source.delimiter!r} cannot separate cells",
            where=content.name,
            remedy="declare a plain sign, for example ';'",
        )
    with reading(content.name):
        encoding = encoding_of(content, source.encoding)
        start = _start(content, encoding)
        delimiter = source.delimiter or delimiter_of(start)
        header, skipped = _header(start, delimiter, content.name)
    names = tuple(distinct_names(header, content.name, RENAME_OR_NAME))
    dialect = Dialect(encoding, delimiter, names, skipped)
    return Opened(dialect.schema, lambda: _batches(content, dialect))


def _start(content: Content, encoding: str) -> str:
    """The beginning of the text, long enough to hold the header and some rows."""
    start = ""
    for piece in decoded(content, encoding):
        start += piece
        if len(start) >= SAMPLE and ("\n" in start or "\r" in start or len(start) > HEADER_LIMIT):
            break
    if not start.strip():
        raise empty(content.name)
    return start


def delimiter_of(start: str) -> str:
    """The delimiter under which the first rows have the most even number of cells; more cells decide between equals.

    A header of one cell means one column, unless two rows or more agree on another number of cells.
    """
    sample = start if len(start) <= SAMPLE else start[:SAMPLE].rpartition("\n")[0] or start[:SAMPLE]
    widths = {delimiter: _widths(sample, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: _evenness(widths[delimiter]))
    if _evenness(widths[best]) > NOTHING:
        return best
    headless = (
        d for d in DELIMITERS if len(widths[d]) > 2 and set(widths[d][1:]) - {1} and len(set(widths[d][1:])) == 1
    )
    return next(headless, ONE_COLUMN)


def _widths(sample: str, delimiter: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return []


def _evenness(widths: list[int]) -> tuple[float, int]:
    if not widths or widths[0] == 1:
        return NOTHING
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]


def _header(start: str, delimiter: str, name: str) -> tuple[list[str], int]:
    text = io.StringIO(start, newline="")
    try:
        for row in csv.reader(iter(text.readline, ""), delimiter=delimiter):
            if row:
                return row, text.tell()
    except csv.Error:
        pass
    raise SourceError(
        "the line of column names cannot be read", where=name, remedy="put one line of column names at the top"
    )


def _batches(content: Content, dialect: Dialect) -> Iterator[pa.RecordBatch]:
    with reading(content.name):
        try:
            for block in blocks(_body(content, dialect), dialect.delimiter):
                yield from _parsed(block, dialect).to_batches()
        except (pa.ArrowInvalid, OpenQuote):
            raise uneven_line(content, dialect.encoding, dialect.delimiter, len(dialect.names)) from None


def _body(content: Content, dialect: Dialect) -> Iterator[str]:
    """The text behind the header."""
    skip = dialect.skipped
    for piece in decoded(content, dialect.encoding):
        yield piece[skip:]
        skip = max(0, skip - len(piece))


def _parsed(block: str, dialect: Dialect) -> pa.Table:
    # Arrow reads ahead in threads of its own, which must never need Python: at the interpreter's end that would abort it.
    sink = pa.BufferOutputStream()
    size = sink.write(block.encode())
    return arrow_csv.read_csv(
        pa.BufferReader(sink.getvalue()),
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=size + 1, column_names=list(dialect.names)),
        parse_options=arrow_csv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dialect.schema, strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=False
        ),
    )
