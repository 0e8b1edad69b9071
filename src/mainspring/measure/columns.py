"""ColumnProfile: what one column looks like."""

from dataclasses import dataclass
from typing import Any, Literal

ColumnKind = Literal["number", "category", "date", "text", "boolean", "id", "constant", "empty", "nested"]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between edges: ``len(edges) == len(counts) + 1``; in the column's own unit, days since 1970 for dates."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """How numbers lie: quantiles at 1, 5, 25, 50, 75, 95 and 99 per cent.

    ``skew`` is the third standardised moment; ``outliers`` the share beyond 3 interquartile ranges from the quartiles.
    """

    min: float
    max: float
    mean: float
    deviation: float
    quantiles: tuple[float, ...]
    skew: float
    outliers: float


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. Shares are of all rows looked at; ``marks`` are the written values that mean *missing*, with counts."""

    name: str
    kind: ColumnKind
    type: str
    missing: float
    distinct: int
    high_cardinality: bool = False
    spread: Spread | None = None
    top: tuple[tuple[Any, int], ...] = ()
    marks: tuple[tuple[str, int], ...] = ()
    histogram: Histogram | None = None
