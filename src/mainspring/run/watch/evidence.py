"""Evidence: the picture of an alert and some of its rows, as files in the workspace's folder."""

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.decision import Decision
from mainspring.measure.samples.shape import MISSING, counted
from mainspring.steps.watch.finding import Finding
from mainspring.steps.watch.kept.reference import Reference
from mainspring.steps.watch.picture import picture
from mainspring.steps.watch.window import Window

KEPT = 10
"""So many times that an alert was told have their evidence kept."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look looked at: the decisions are the rows of the window, in its order."""

    reference: Reference
    window: Window
    decisions: Sequence[Decision]


def leave(place: Path, finding: Finding, alert: str, at: str, seen: Seen | None, most: int) -> list[str]:
    """Write ``picture.png`` and ``rows.csv`` (at most ``most`` rows) of a finding; their paths within ``place``."""
    if seen is None:
        return []
    folder = place / "alerts" / alert / at
    folder.mkdir(parents=True, exist_ok=True)
    left: list[Path] = []
    if (png := picture(finding, seen.reference, seen.window)) is not None:
        left.append(folder / "picture.png")
        left[-1].write_bytes(png)
    if most and seen.decisions:
        left.append(folder / "rows.csv")
        _write(left[-1], [seen.decisions[i] for i in telling(finding, seen)[:most]])
    for old in sorted(path for path in folder.parent.iterdir() if path.is_dir())[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return [path.relative_to(place).as_posix() for path in left]


def telling(finding: Finding, seen: Seen) -> list[int]:
    """Numbers of the rows that show it best, newest first: of its worst column those missing, new, or more often than before."""
    everything = list(range(len(seen.decisions)))[::-1]
    name = finding.columns[0] if finding.columns else ""
    if name not in seen.window.columns or name not in seen.reference.columns:
        return everything
    shape, values = seen.reference.columns[name], seen.window.columns[name]
    if not isinstance(values, pa.Array):
        return everything
    codes = shape.codes(values)
    if finding.kind == "quality":
        wanted = codes == MISSING if finding.subject == "missing" else shape.outside(values)
    else:
        now, before = counted(codes, len(shape.counts)), np.asarray(shape.counts)
        rise = now / max(now.sum(), 1) - before / max(before.sum(), 1)
        wanted = codes == int(rise.argmax())
    rows = np.flatnonzero(wanted)[::-1].tolist()
    return rows or everything


def _write(path: Path, decisions: Sequence[Decision]) -> None:
    names = list(dict.fromkeys(name for decision in decisions for name in decision.record))
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        rows = csv.writer(file)
        rows.writerow(["decision", "at", "action", "prediction", *map(_cell, names)])
        for d in decisions:
            record: Mapping[str, Any] = d.record
            rows.writerow(
                [d.id, d.at.isoformat(), _cell(d.action), _cell(d.prediction), *(_cell(record.get(n)) for n in names)]
            )


def _cell(value: Any) -> Any:
    """A spreadsheet would run a text that begins like a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
