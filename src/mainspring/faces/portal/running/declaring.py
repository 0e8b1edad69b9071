"""Declaring: a declaration from a table and a few answers, and whether it can run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from mainspring.automation import Automation
from mainspring.automation.check import check, notes
from mainspring.automation.forms import write
from mainspring.errors import Problem
from mainspring.faces.portal.running.uploads import declaration_path

LOOKED_AT = 50_000
TARGETS = ("target", "label", "class", "churn", "y", "outcome", "default", "survived")
TIMES = ("20s", "1m", "5m", "15m", "1h")


@dataclass(frozen=True, slots=True)
class Column:
    """What is seen of a column at a glance. ``distinct`` counts the looked-at rows."""

    name: str
    kind: str
    distinct: int
    missing: float
    examples: tuple[str, ...]


def columns_of(table: pa.Table) -> list[Column]:
    """Every column of the first ``LOOKED_AT`` rows."""
    looked = table.slice(0, LOOKED_AT)
    return [_column(name, looked.column(name)) for name in looked.column_names]


def _column(name: str, values: pa.ChunkedArray) -> Column:
    counted = pc.value_counts(values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values)
    found = [(entry["values"], entry["counts"]) for entry in counted.to_pylist() if entry["values"] not in (None, "")]
    found.sort(key=lambda pair: -pair[1])
    missing = 1 - sum(count for _, count in found) / max(1, len(values))
    numeric = bool(found) and all(_is_number(value) for value, _ in found[:200])
    return Column(
        name, "number" if numeric else "text", len(found), missing, tuple(str(value)[:24] for value, _ in found[:4])
    )


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def guess_target(columns: list[Column]) -> str:
    """The column that is probably to be predicted: one that is called so, else the last that is not all different."""
    for column in columns:
        if column.name.lower() in TARGETS:
            return column.name
    fitting = [column for column in columns if column.distinct > 1]
    return fitting[-1].name if fitting else columns[-1].name


def guess_key(columns: list[Column], rows: int) -> str:
    """The column that identifies a row: every value another one, and called so; empty where there is none."""
    looked = min(rows, LOOKED_AT)
    named = re.compile(r"(^|_)(id|key|number|nr|no|code|customer|account|user)s?($|_)|编号|客户", re.IGNORECASE)
    unique = [c for c in columns if c.distinct == looked and named.search(c.name)]
    return unique[0].name if unique else ""


def texts_beside(columns: list[Column], target: str, key: str) -> list[str]:
    """The columns of text that two may be read together of: neither what is predicted nor what identifies a row."""
    return [c.name for c in columns if c.kind == "text" and c.distinct > 1 and c.name not in (target, key)]


def name_of(path: Path) -> str:
    """``Kunden 2026.csv`` → ``kunden_2026``: a name an automation may have."""
    plain = re.sub(r"[^a-z0-9_-]+", "_", path.stem.lower()).strip("_-")[:40]
    return plain if plain and plain[0].isalpha() else f"table_{plain}".strip("_")


def declared(table: Path, told: Mapping[str, str], column: Column) -> dict[str, Any]:
    """The declaration as plain values from what a form told: ``name``, ``target``, ``key``, ``time``, the ``pair_one`` and
    ``pair_other`` that are read together, and what right and wrong are worth."""
    target = told.get("target", "")
    plain: dict[str, Any] = {"name": told.get("name", "").strip(), "source": {"table": str(table)}}
    if about := told.get("about", "").strip():
        plain["about"] = about
    if (key := told.get("key", "")) and key != target:
        plain["source"]["key"] = key
    learn: dict[str, Any] = {
        "target": target,
        "limits": {"time": told.get("time") if told.get("time") in TIMES else TIMES[0]},
    }
    if (pair := (told.get("pair_one", ""), told.get("pair_other", ""))) != ("", ""):
        # One alone is no pair; that it is named twice says what is to be done.
        learn["pair"] = [pair[0] or pair[1], pair[1] or pair[0]]
    gains = {name: _number(told.get(name, "")) for name in ("true_positive", "false_positive", "false_negative")}
    if column.distinct == 2 and any(value for value in gains.values()):
        learn["positive"] = told.get("positive") or column.examples[-1]
        learn["optimise"] = "profit"
        plain["decide"] = {"gains": {name: value for name, value in gains.items() if value is not None}}
    elif column.distinct == 2 and told.get("positive"):
        learn["positive"] = told["positive"]
    return {**plain, "learn": learn}


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value == int(value) else value


def checked(plain: Mapping[str, Any]) -> tuple[Automation | None, list[str], list[str]]:
    """The declaration where it can run, else None; its problems, and what should be known."""
    try:
        automation = Automation.model_validate(dict(plain), context={"folder": Path.cwd()})
    except ValidationError as error:
        told = [
            ".".join(map(str, one["loc"])) + ": " + one["msg"].removeprefix("Value error, ")
            for one in error.errors(include_url=False)
        ]
        return None, told, []
    return automation, [], notes(automation)


def problems_of(place: Path, name: str, text: str) -> list[Problem]:
    """All problems of a declaration as it is being typed, each with its line."""
    draft = declaration_path(place, name).with_suffix(".draft.yaml")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text, encoding="utf-8")
    try:
        return check(draft)
    finally:
        draft.unlink(missing_ok=True)


def keep(place: Path, name: str, text: str) -> Path:
    """Write a declaration where runs of the portal read it."""
    path = declaration_path(place, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    return path


__all__ = [
    "TIMES",
    "Column",
    "checked",
    "columns_of",
    "declared",
    "guess_key",
    "guess_target",
    "keep",
    "name_of",
    "problems_of",
    "texts_beside",
    "write",
]
