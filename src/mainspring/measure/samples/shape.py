"""Shape: how the values of a column lie, as counts that two tables can be compared by and that add up."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.columns import as_numbers

Counts = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]

FINE = 64
"""Numbers of more distinct values than this are counted between so many quantiles."""
MOST_LEVELS = 200
"""Rarer categories are counted together."""
COARSE = 10
"""Distances are taken between so few groups: with more, two small samples of one world lie far apart by chance alone."""
MISSING = -1


class Tally(NamedTuple):
    """Rows counted in the bins of a shape (bins), and besides: ``missing`` ones, and ``outside`` of all that the shape has seen."""

    counts: Counts
    missing: int
    outside: int

    @property
    def rows(self) -> int:
        return int(self.counts.sum()) + self.missing


@dataclass(frozen=True, slots=True)
class NumberShape:
    """Counts (edges + 1) of numbers, dates as days since 1970: bin i holds ``edges[i-1] < x <= edges[i]``; ``low``, ``high`` were seen."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int
    low: float
    high: float

    def codes(self, values: pa.Array) -> Codes:
        """The bin of each value (n), -1 where it is missing."""
        codes = np.full(len(values), MISSING, np.int64)
        there = _is_there(values)
        codes[there] = np.searchsorted(self.edges, _numbers(values), side="left")
        return codes

    def outside(self, values: pa.Array) -> npt.NDArray[np.bool_]:
        """Which values (n) are beyond all that were seen."""
        beyond = np.zeros(len(values), bool)
        numbers = _numbers(values)
        beyond[_is_there(values)] = (numbers < self.low) | (numbers > self.high)
        return beyond

    @property
    def groups(self) -> Codes:
        """Bin → group of about a tenth of the rows each, for distances."""
        counts = np.asarray(self.counts, float)
        middle = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1.0)
        return np.unique(np.minimum((middle * COARSE).astype(np.int64), COARSE - 1), return_inverse=True)[1]


@dataclass(frozen=True, slots=True)
class LevelShape:
    """Counts (levels + 1) of categories and truth values, as text, commonest first; the last count is of all rarer ones."""

    levels: tuple[str, ...]
    counts: tuple[int, ...]
    missing: int
    whole: bool
    """Whether ``levels`` are all that were seen: only then is another one new."""

    def codes(self, values: pa.Array) -> Codes:
        """The bin of each value (n), -1 where it is missing."""
        found = pc.index_in(_texts(values), value_set=pa.array(self.levels, pa.string()))
        codes = np.asarray(found.fill_null(len(self.levels)), np.int64)
        return np.where(_is_there(values), codes, MISSING)

    def outside(self, values: pa.Array) -> npt.NDArray[np.bool_]:
        """Which values (n) are categories that were never seen."""
        return (self.codes(values) == len(self.levels)) & self.whole

    @property
    def groups(self) -> Codes:
        """Bin → group, for distances: the commonest stand alone."""
        return np.minimum(np.arange(len(self.counts)), 2 * COARSE - 1)


Shape = NumberShape | LevelShape


def shape_of(values: pa.Array | pa.ChunkedArray, levels: bool | None = None) -> Shape:
    """The shape of a column's values: of numbers and times a :class:`NumberShape`, else (or with ``levels``) a :class:`LevelShape`."""
    column = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if levels if levels is not None else not _is_number(column.type):
        return _levels(column)
    numbers = _numbers(column)
    distinct = np.unique(numbers)
    many = len(distinct) > FINE
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, FINE + 1)[1:-1])) if many else distinct[:-1]
    counts = np.bincount(np.searchsorted(edges, numbers, side="left"), minlength=len(edges) + 1)
    low, high = (float(distinct[0]), float(distinct[-1])) if len(distinct) else (-np.inf, np.inf)
    return NumberShape(tuple(edges.tolist()), tuple(counts.tolist()), len(column) - len(numbers), low, high)


class Tallied(Protocol):
    """A column that is known by its sketches alone."""

    def tally(self, shape: Shape) -> Tally: ...
    def __len__(self) -> int: ...


def tally(shape: Shape, values: "pa.Array | pa.ChunkedArray | Tallied") -> Tally:
    """Rows of another table, counted in the bins of ``shape``."""
    if isinstance(values, pa.ChunkedArray):
        values = cast(Any, values).combine_chunks()
    if not isinstance(values, pa.Array):
        return values.tally(shape)
    codes = shape.codes(values)
    return Tally(counted(codes, len(shape.counts)), int((codes == MISSING).sum()), int(shape.outside(values).sum()))


def counted(codes: Codes, bins: int) -> Counts:
    """How many of the codes are in each bin."""
    return np.bincount(codes[codes != MISSING], minlength=bins)


def coarse(shape: Shape, codes: Codes) -> Codes:
    """The group of each code's bin (n), for distances; missing ones are a group of their own, the last."""
    groups = shape.groups
    return np.append(groups, groups.max(initial=0) + 1)[codes]


def grouped(counts: Counts, groups: Codes) -> Counts:
    """Counts of bins added up to counts of groups."""
    return np.bincount(groups, weights=counts, minlength=int(groups.max(initial=0)) + 1).astype(np.int64)


def shape_to_plain(shape: Shape) -> dict[str, Any]:
    kind = "numbers" if isinstance(shape, NumberShape) else "levels"
    return {"kind": kind, **asdict(shape)}


def shape_from_plain(plain: dict[str, Any]) -> Shape:
    values: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in plain.items()}
    return NumberShape(**values) if values.pop("kind") == "numbers" else LevelShape(**values)


def _levels(column: pa.Array) -> LevelShape:
    counted = sorted(_texts(column).drop_null().value_counts().to_pylist(), key=lambda c: (-c["counts"], c["values"]))
    kept, rare = counted[:MOST_LEVELS], counted[MOST_LEVELS:]
    counts = (*(c["counts"] for c in kept), sum(c["counts"] for c in rare))
    return LevelShape(tuple(c["values"] for c in kept), counts, column.null_count, not rare)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_timestamp(kind)


def _is_there(values: pa.Array) -> npt.NDArray[np.bool_]:
    there = values.is_valid()
    if pa.types.is_floating(values.type):
        there = pc.and_(there, pc.invert(pc.fill_null(pc.is_nan(values), True)))
    return there.to_numpy(zero_copy_only=False)


def _numbers(values: pa.Array) -> npt.NDArray[np.float64]:
    present = as_numbers(values.drop_null())
    return present[~np.isnan(present)]


def _texts(values: pa.Array) -> pa.Array:
    if pa.types.is_string(values.type):
        return values
    if pa.types.is_boolean(values.type) or pa.types.is_integer(values.type) or pa.types.is_null(values.type):
        return values.cast(pa.string())
    return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
