"""Summed: the sketches of a span of time, of all versions and processes together."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mainspring.backends.opening import Backends
from mainspring.run.watch.serving.sketched import Sketched, added, from_bytes

ENOUGH = 0.99
"""Of the journal's rows, so many must be in the sketches for watching to go by them."""
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Summed:
    """``rows`` that were decided since ``start``, by column; ``journaled`` is how many the journal has of the same time."""

    rows: int
    journaled: int
    start: datetime | None
    columns: Sketched

    @property
    def enough(self) -> bool:
        return self.rows > 0 and self.rows >= ENOUGH * self.journaled

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "rows": self.rows, "journaled": self.journaled, "start": None if self.start is None else self.start.isoformat(),
            "columns": {name: one.to_dict() for name, one in self.columns.items()},
        }  # fmt: skip


def summed_up(backends: Backends, automation: str, start: datetime, end: datetime) -> Summed:
    """From the first whole stretch after ``start`` on; what was decided in the last minute may not be told yet."""
    columns: Sketched = {}
    rows, first = 0, None
    for stretch in backends.sketches.since(automation, start):
        if stretch.start > end:
            break
        first = first or stretch.start
        rows += stretch.rows
        added(columns, from_bytes(stretch.sketches))
    if first is None:
        return Summed(0, 0, None, {})
    (journaled,) = backends.journal.counts(automation, [first, end + SECOND])
    return Summed(rows, journaled, first, columns)
