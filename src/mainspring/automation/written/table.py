"""Table: the rows of a decision table that stands in a CSV file of its own."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

from mainspring.automation.written.text import read_text
from mainspring.errors import SpecError

LARGEST = 2_000_000
"""Bytes."""


def read_table(path: Path) -> list[dict[str, Any]]:
    """A row a line, by the names in the first line; empty cells are texts of no length.

    Raises:
        SpecError: not there, too large, not UTF-8, or a line has more or fewer cells than the first has names.
    """
    lines = csv.reader(StringIO(read_text(path, LARGEST), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(lines)]
        _refuse_bad_header(header, path)
        return [_row(header, line, lines.line_num, path) for line in lines if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise SpecError(f"line {lines.line_num} of {path.name} is not CSV: {error}", where=str(path)) from None


def _refuse_bad_header(header: list[str], path: Path) -> None:
    for name in header:
        if not name or header.count(name) > 1:
            what = "a column has no name" if not name else f"two columns are called {name!r}"
            raise SpecError(f"{path.name}: {what}", where=str(path), remedy="name each column once, in the first line")


def _row(header: list[str], line: list[str], number: int, path: Path) -> dict[str, Any]:
    if len(line) != len(header):
        raise SpecError(
            f"line {number} of {path.name} has {len(line)} cells, the first has {len(header)}", where=str(path),
            remedy="quote cells that hold commas",
        )  # fmt: skip
    return dict(zip(header, (cell.strip() for cell in line), strict=True))
