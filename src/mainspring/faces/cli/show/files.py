"""Files: rows written as CSV, lines of JSON or Parquet."""

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from mainspring.errors import NoSpace, SourceError, nearest
from mainspring.faces.cli.show.terminal import cell, columns_of

Row = Mapping[str, Any]


def as_csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns_of(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _flat(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _flat(value: Any) -> Any:
    return cell(value) if isinstance(value, Mapping | list | tuple) else value


def _csv(table: pa.Table, path: Path) -> None:
    path.write_text(as_csv(table.to_pylist()), encoding="utf-8", newline="")


def _jsonl(table: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in table.to_pylist():
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _parquet(table: pa.Table, path: Path) -> None:
    parquet.write_table(table, path)


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}


def check_writable(path: Path | None) -> None:
    """Before the work is done for nothing.

    Raises:
        SourceError: not a kind of file we write, or there is no such folder.
    """
    if path is None:
        return
    if path.suffix not in WRITERS:
        guess = nearest(path.suffix, WRITERS) or ".csv"
        raise SourceError(
            f"files ending in {path.suffix or 'nothing'} are not written",
            where=str(path),
            remedy=f"did you mean {path.with_suffix(guess).name!r}? Known: {', '.join(WRITERS)}",
        )
    if not path.absolute().parent.is_dir():
        raise SourceError("there is no such folder", where=str(path.parent), remedy="make it first")


def write(table: pa.Table, path: Path) -> None:
    """All rows into a file of the kind its name says; a file that was there stays until the new one is whole."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        WRITERS[path.suffix](table, part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise NoSpace(f"cannot write: {error.strerror}", where=str(path), remedy="choose another place") from error
