"""Ragged: after a CSV file failed, the line that is to blame. A second, slower pass that only errors pay for."""

import csv
import io

from mainspring.errors import SourceError
from mainspring.steps.source.files.content import Content
from mainspring.steps.source.files.encoding import decoded
from mainspring.steps.source.files.pipe import Pipe

LONGEST_CELL = 64 << 20
REMEDY = "correct that line (quote a cell that holds the delimiter), or declare `delimiter` under source"


def uneven_line(content: Content, encoding: str, delimiter: str, expected: int) -> SourceError:
    """The error for the first row whose number of cells is not ``expected``, else for an open quote."""
    pieces = (piece.encode() for piece in decoded(content, encoding))
    text = io.TextIOWrapper(io.BufferedReader(Pipe(pieces)), encoding="utf-8", newline="")
    usual = csv.field_size_limit(LONGEST_CELL)
    first, end = 1, 0
    try:
        rows = csv.reader(text, delimiter=delimiter)
        for row in rows:
            first, end = end + 1, rows.line_num
            if row and len(row) != expected:
                return _uneven(content.name, (first, end), len(row), expected)
    except csv.Error:
        first = end + 1
    finally:
        csv.field_size_limit(usual)
    return SourceError(
        f"line {first} cannot be read: is a quote left open there?",
        where=content.name,
        remedy="close the quote, or export the file again",
    )


def _uneven(name: str, span: tuple[int, int], found: int, expected: int) -> SourceError:
    first, last = span
    place = f"line {first}" if first == last else f"lines {first} to {last} (one row, by its quotes)"
    return SourceError(
        f"{place}: {found} cell{'s' * (found != 1)} where the header has {expected}", where=name, remedy=REMEDY
    )
