"""Terminal: rows and facts as people read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]
SHOWN = 40
BLOCKS = 10
WIDEST = 40
GAP = 3


def cell(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {cell(inner)}" for name, inner in cast(Row, value).items())
    if isinstance(value, list | tuple):
        return "; ".join(cell(item) for item in cast(Sequence[Any], value))
    return str(value)


def columns_of(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def print_rows(rows: Sequence[Row], console: Console) -> int:
    """A table, or where it would not fit a block of facts a row; how many rows were printed."""
    shown = rows[:SHOWN]
    widths = {name: _width(name, shown) for name in columns_of(shown)}
    if sum(widths.values()) + GAP * len(widths) > console.width and len(widths) > 1:
        return _print_blocks(shown[:BLOCKS], console)
    console.print(_table(shown, widths))
    return len(shown)


def _width(name: str, rows: Sequence[Row]) -> int:
    """What a column needs. One of sentences can be wrapped, one of words cannot."""
    longest = max(len(cell(row.get(name))) for row in rows)
    return max(len(name), min(longest, WIDEST) if _is_prose(name, rows) else longest)


def _is_prose(name: str, rows: Sequence[Row]) -> bool:
    return any(isinstance(row.get(name), list | tuple | Mapping) or " " in str(row.get(name)) for row in rows)


def _table(rows: Sequence[Row], widths: Mapping[str, int]) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in widths:
        numeric = all(isinstance(row.get(name), int | float | None) for row in rows)
        prose = _is_prose(name, rows)
        table.add_column(Text(name), justify="right" if numeric else "left", no_wrap=not prose, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(row.get(name))) for name in widths))
    return table


def _print_blocks(rows: Sequence[Row], console: Console) -> int:
    for number, row in enumerate(rows, start=1):
        console.rule(Text(f"{number}"), align="left", style="dim")
        print_facts(row, console)
    return len(rows)


def print_facts(facts: Row, console: Console) -> None:
    """A line a fact; what has several has them under each other."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        first, *more = _lines(value)
        title = Text(name.replace("_", " ").ljust(width + 2), style="cyan")
        console.print(title + Text(first), soft_wrap=True)
        for line in more:
            console.print(Text(" " * (width + 2) + line), soft_wrap=True)


def _lines(value: Any) -> list[str]:
    if isinstance(value, list | tuple) and value:
        return [cell(item) for item in cast(Sequence[Any], value)]
    return [f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else cell(value)]
