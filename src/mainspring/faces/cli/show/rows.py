"""Rows: a result as a table for people, CSV for pipes, JSON for programs, or a file."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from rich.console import Console
from rich.text import Text

from mainspring.faces.cli.show.files import as_csv, write
from mainspring.faces.cli.show.terminal import print_facts, print_rows

Row = Mapping[str, Any]
View = Callable[[Row], Row]
"""What people are shown of a row; programs and files get all of it."""


def show(
    rows: pa.Table | Sequence[Row], *, view: View | None = None, in_json: bool = False, empty: str = "nothing yet"
) -> None:
    """Rows on standard output: a table on a terminal, CSV into a pipe, a JSON array when asked for."""
    plain: Sequence[Row] = cast(pa.Table, rows).to_pylist() if isinstance(rows, pa.Table) else rows
    if in_json:
        show_json(plain)
    elif not plain:
        say(empty)
    elif sys.stdout.isatty():
        printed = print_rows([view(row) for row in plain] if view else plain, _console())
        if printed < len(plain):
            say(f"… and {len(plain) - printed:,} more rows; --json gives all of everything")
    else:
        print(as_csv(plain), end="")


def show_facts(facts: Row, *, view: View | None = None, in_json: bool = False) -> None:
    """One thing's facts: a line each for people, an object in JSON."""
    if in_json:
        show_json(facts)
    else:
        print_facts(view(facts) if view else facts, _console())


def show_json(value: object, indent: int | None = None) -> None:
    """On one line, unless people are to read it; at once, because a program may be waiting for it."""
    print(json.dumps(value, ensure_ascii=False, default=str, indent=indent), flush=True)


def say(sentence: str) -> None:
    """A word to the user; not a result, so not on standard output."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(sentence))


def deliver(rows: pa.Table, to: Path | None, *, view: View | None = None, in_json: bool = False) -> None:
    """Rows where the user wants them."""
    if to is None:
        show(rows, view=view, in_json=in_json, empty="no rows")
        return
    write(rows, to)
    say(f"{rows.num_rows:,} rows written to {to}")
    if in_json:
        show_json({"rows": rows.num_rows, "file": str(to)})


def _console() -> Console:
    return Console(highlight=False)
