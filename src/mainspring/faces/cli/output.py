"""Output: rows as a table for people, CSV for pipes, JSON for programs, or a file."""

import csv
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from pyarrow import parquet
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mainspring.errors import NoSpace, SourceError, nearest
from mainspring.table import to_arrow

SHOWN = 40
CONSOLE = Console(highlight=False)
Row = Mapping[str, Any]


def show(rows: pa.Table | Sequence[Row], *, in_json: bool = False, empty: str = "nothing yet") -> None:
    """Rows on standard output: a table on a terminal, CSV into a pipe, a JSON array when asked for."""
    plain = _plain(rows)
    if in_json:
        show_json(plain)
    elif not plain:
        say(empty)
    elif sys.stdout.isatty():
        _show_table(plain)
    else:
        print(_as_csv(plain), end="")


def show_json(value: object, indent: int | None = None) -> None:
    """On one line, unless people are to read it; at once, because a program may be waiting for it."""
    print(json.dumps(value, ensure_ascii=False, default=str, indent=indent), flush=True)


def show_facts(facts: Row, *, in_json: bool = False) -> None:
    """One thing's facts: a line each for people, an object in JSON."""
    if in_json:
        show_json(facts)
        return
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        CONSOLE.print(
            Text(name.replace("_", " ").ljust(width), style="cyan") + Text(f"  {cell(value)}"), soft_wrap=True
        )


def say(sentence: str) -> None:
    """A word to the user; not a result, so not on standard output."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(sentence))


def cell(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {cell(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(cell(item) for item in value)
    return str(value)


def _plain(rows: pa.Table | Sequence[Row]) -> Sequence[Row]:
    return cast(pa.Table, rows).to_pylist() if isinstance(rows, pa.Table) else rows


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _show_table(rows: Sequence[Row]) -> None:
    columns = _columns(rows)
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in columns:
        numeric = all(isinstance(row.get(name), int | float | None) for row in rows)
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows[:SHOWN]:
        table.add_row(*(Text(cell(row.get(name))) for name in columns))
    CONSOLE.print(table)
    if len(rows) > SHOWN:
        say(f"… and {len(rows) - SHOWN:,} more rows; --output FILE or --json gives all")


def _as_csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _flat(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _flat(value: Any) -> Any:
    return cell(value) if isinstance(value, Mapping | list | tuple) else value


def _as_jsonl(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)


def _csv(table: pa.Table, path: Path) -> None:
    path.write_text(_as_csv(table.to_pylist()), encoding="utf-8", newline="")


def _jsonl(table: pa.Table, path: Path) -> None:
    path.write_text(_as_jsonl(table.to_pylist()), encoding="utf-8")


def _parquet(table: pa.Table, path: Path) -> None:
    parquet.write_table(table, path)


WRITERS = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}


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


def write(rows: pa.Table | Sequence[Row], path: Path) -> None:
    """All rows into a file of the kind its name says; a file that was there stays until the new one is whole."""
    table = to_arrow(rows)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        WRITERS[path.suffix](table, part)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise NoSpace(f"cannot write: {error.strerror}", where=str(path), remedy="choose another place") from error
    say(f"{table.num_rows:,} rows written to {path}")


def deliver(rows: pa.Table, to: Path | None, *, in_json: bool) -> None:
    """Rows where the user wants them."""
    if to is None:
        show(rows, in_json=in_json, empty="no rows")
        return
    write(rows, to)
    if in_json:
        show_json({"rows": rows.num_rows, "file": str(to)})
