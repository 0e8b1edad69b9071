"""Results: one JSON line for each finished cell, so that a run goes on where it was stopped."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

Key = tuple[str, str, int, float]


@dataclass(frozen=True)
class Cell:
    """One tool on one table, seed and budget; ``found`` is what it learned, in its own words. Where it failed, ``error`` says how and
    ``score`` is None. Times as their names say."""

    tool: str
    table: str
    seed: int
    seconds: float
    metric: str
    score: float | None = None
    train_seconds: float | None = None
    single_p50_ms: float | None = None
    single_p99_ms: float | None = None
    front_p50_ms: float | None = None
    front_p99_ms: float | None = None
    batch_seconds: float | None = None
    model_bytes: int | None = None
    peak_rss: int | None = None
    peak_pss: int | None = None
    load_before: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    found: str = ""
    error: str = ""
    at: str = ""
    note: str = ""

    @property
    def key(self) -> Key:
        return (self.tool, self.table, self.seed, self.seconds)


KNOWN = {each.name for each in fields(Cell)}


def append(path: Path, cell: Cell) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(cell)) + "\n")


def read(path: Path) -> dict[Key, Cell]:
    """The newest line of each cell; a line that a kill cut short counts as not there."""
    cells = [_cell(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return {cell.key: cell for cell in cells if cell is not None}


def of(cells: Iterable[Cell], seconds: float) -> list[Cell]:
    """Those of one budget."""
    return [cell for cell in cells if cell.seconds == seconds]


def _cell(line: str) -> Cell | None:
    try:
        found: dict[str, Any] = json.loads(line)
        return Cell(**{name: value for name, value in found.items() if name in KNOWN})
    except (ValueError, TypeError):
        return None
