"""ColumnProfile: what one column looks like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.values.evidence import Evidence

ColumnKind = Literal["number", "category", "date", "text", "boolean", "id", "constant", "empty", "nested"]

LEVELS = 50
"""A category of more levels than this is of high cardinality."""
TOP = 10
BARS = 20
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
DAY = 86_400_000_000
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between edges: ``len(edges) == len(counts) + 1``; in the column's own unit, days since 1970 for dates."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """How numbers lie (dates as days since 1970): quantiles at 1, 5, 25, 50, 75, 95 and 99 per cent.

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
    """One column. Shares are of all rows looked at; ``marks`` are the written values that mean *missing*, with counts.

    ``type`` is the Arrow type it came with; ``top`` are the commonest values of categories, truth values and columns of
    few values; ``unreadable`` counts values that do not read as the column's kind. ``length`` is the mean of texts, in characters.
    """

    name: str
    kind: ColumnKind
    type: str
    missing: float
    distinct: int
    high_cardinality: bool = False
    spread: Spread | None = None
    top: tuple[tuple[Any, int], ...] = ()
    marks: tuple[tuple[str, int], ...] = ()
    unreadable: int = 0
    histogram: Histogram | None = None
    length: float | None = None


def describe(name: str, column: pa.ChunkedArray, found: Evidence, values: pa.Array) -> ColumnProfile:
    """The profile of a column, of which ``values`` are what was read by the evidence found."""
    rows, present = len(values), values.drop_null()
    counted = pc.value_counts(present)
    kind = _kind(found, len(counted), values)
    spread = histogram = None
    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type) or pa.types.is_timestamp(values.type):
        numbers = as_numbers(present)
        spread, histogram = _spread(numbers), _histogram(numbers)
    return ColumnProfile(
        name=name,
        kind=kind,
        type=str(column.type),
        missing=values.null_count / rows if rows else 0.0,
        distinct=len(counted),
        high_cardinality=kind == "category" and len(counted) > LEVELS,
        spread=spread,
        top=_top(counted) if kind in ("category", "boolean", "constant") or len(counted) <= LEVELS else (),
        marks=found.marks,
        unreadable=found.unreadable,
        histogram=histogram,
        length=_length(present) if kind == "text" else None,
    )


def _length(texts: pa.Array) -> float | None:
    """The mean number of characters; None where there is no text."""
    return cast(float | None, pc.mean(pc.utf8_length(texts)).as_py())


def as_numbers(values: pa.Array) -> np.ndarray:
    """Present values as floats; dates as days since 1970."""
    if pa.types.is_timestamp(values.type):
        return values.cast(pa.int64()).to_numpy(zero_copy_only=False) / DAY
    return values.to_numpy(zero_copy_only=False).astype(np.float64)


def skewness(numbers: np.ndarray) -> float:
    """The third standardised moment; 0 for fewer than three numbers or no spread."""
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = numbers.std() if numbers.size > 2 else 0.0
        if not deviation > 0 or not np.isfinite(deviation):
            return 0.0
        return _writable(np.mean(((numbers - numbers.mean()) / deviation) ** 3))


def _kind(found: Evidence, distinct: int, values: pa.Array) -> ColumnKind:
    if not distinct:
        return "empty"
    if distinct == 1 and not values.null_count and len(values) > 1:
        return "constant"
    kind = found.reading.kind
    return _AS.get(kind, cast(ColumnKind, kind))


_AS: Mapping[str, ColumnKind] = {"whole": "number", "verbatim": "text", "spans": "nested", "labels": "nested"}
"""Ways of reading that look like another kind."""


def _spread(numbers: np.ndarray) -> Spread | None:
    if not numbers.size:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        quantiles = np.quantile(numbers, QUANTILES)
        reach = 3 * (quantiles[4] - quantiles[2])
        outside = (numbers < quantiles[2] - reach) | (numbers > quantiles[4] + reach)
        return Spread(
            min=_writable(numbers.min()),
            max=_writable(numbers.max()),
            mean=_writable(numbers.mean()),
            deviation=_writable(numbers.std()),
            quantiles=tuple(map(_writable, quantiles)),
            skew=skewness(numbers),
            outliers=float(outside.mean()),
        )


def _writable(number: Any) -> float:
    """A float that JSON can write: what overflowed is the largest there is."""
    return float(np.nan_to_num(number))


def _histogram(numbers: np.ndarray) -> Histogram | None:
    """Bars between the 1st and the 99th percentile; what lies beyond is counted in the first and the last."""
    if not numbers.size:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = np.quantile(numbers, (QUANTILES[0], QUANTILES[-1]))
        if not high > low:
            low, high = numbers.min(), numbers.max()
        if not np.isfinite(high - low) or not high > low:
            return Histogram((float(low), float(high)), (int(numbers.size),))
        counts, edges = np.histogram(np.clip(numbers, low, high), bins=BARS, range=(low, high))
    return Histogram(tuple(edges.tolist()), tuple(counts.tolist()))


def _top(counted: pa.StructArray) -> tuple[tuple[Any, int], ...]:
    counts = counted.field(1).to_numpy()
    order = np.argsort(-counts, kind="stable")[:TOP]
    values = counted.field(0).take(pa.array(order)).to_pylist()
    return tuple((_shown(value), int(counts[at])) for value, at in zip(values, order, strict=True))


def _shown(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_SHOWN:
        return value[: LONGEST_SHOWN - 1] + "…"
    return value if isinstance(value, (str, int, float, bool)) else str(value)
