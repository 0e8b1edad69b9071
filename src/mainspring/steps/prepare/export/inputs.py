"""Inputs: what an exported preparation is given of each raw column, and what a value must be to count.

A column is one tensor of (n, 1): double for numbers, whole numbers and truth values (NaN is missing), int64 for dates
(microseconds since 1970 in UTC, the least int64 is missing), string for words (trimmed; the empty one is missing).
"""

import re
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.measure.graph import Graph, Wire
from mainspring.measure.values.dates import FIRST_YEAR, LAST_YEAR
from mainspring.measure.values.reading import EXACT, Reading

Tensor = Literal["double", "int64", "string"]
LARGEST = float(np.finfo(np.float64).max)
NO_DATE = int(np.iinfo(np.int64).min)
_FIRST = int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_END = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_BLANK = r"[\s\x{0b}\x{1c}-\x{1f}\x{85}\pZ]*"


def tensor_of(reading: Reading) -> Tensor:
    if reading.kind in ("number", "whole", "boolean"):
        return "double"
    return "int64" if reading.kind == "date" else "string"


def values_of(reading: Reading, column: pa.ChunkedArray) -> npt.NDArray[np.generic]:
    """A raw column as the tensor (n, 1) that the exported preparation takes."""
    read = reading.many(column)
    match tensor_of(reading):
        case "double":
            return read.cast(pa.float64()).fill_null(float("nan")).to_numpy()[:, None]
        case "int64":
            return read.cast(pa.int64()).fill_null(NO_DATE).to_numpy()[:, None]
        case _:
            return np.array(read.fill_null("").to_pylist(), dtype=object)[:, None]


def number(graph: Graph, reading: Reading, wire: Wire) -> Wire:
    """The number, NaN where it is infinite, a sentinel, or not of the column's kind."""
    wrong = graph.add("Greater", graph.add("Abs", wire), graph.constant(LARGEST))
    for sentinel in reading.sentinels:
        wrong = graph.add("Or", wrong, graph.add("Equal", wire, graph.constant(sentinel)))
    if reading.kind == "boolean":
        known = [graph.add("Equal", wire, graph.constant(answer)) for answer in (0.0, 1.0)]
        wrong = graph.add("Not", graph.add("Or", *known))
    if reading.kind == "whole":
        broken = graph.add("Not", graph.add("Equal", wire, graph.add("Floor", wire)))
        far = graph.add("Greater", graph.add("Abs", wire), graph.constant(EXACT))
        wrong = graph.add("Or", wrong, graph.add("Or", broken, far))
    return graph.add("Where", wrong, graph.constant(np.nan), wire)


def no_word(graph: Graph, reading: Reading, wire: Wire) -> Wire:
    """Whether a text is blank or one of the column's marks of *missing*."""
    marks = "|".join(re.escape(mark) for mark in reading.marks)
    return graph.add("RegexFullMatch", wire, pattern=f"(?i){_BLANK}(?:{marks})?{_BLANK}")


def no_date(graph: Graph, wire: Wire) -> Wire:
    """Whether a moment lies before or after the years that dates can have, as the missing one does."""
    early = graph.add("Less", wire, graph.constant(np.int64(_FIRST)))
    return graph.add("Or", early, graph.add("GreaterOrEqual", wire, graph.constant(np.int64(_END))))
