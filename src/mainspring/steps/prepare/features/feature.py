"""Feature: what a model sees of one column."""

import json
from collections.abc import Callable
from typing import Any, Protocol

import pyarrow as pa

from mainspring.measure.values.reading import Read
from mainspring.model import LEVELS, ORIGIN

NAN = float("nan")


class Feature(Protocol):
    """One or several output columns made from one cleaned column. Frozen, picklable, all fields plain values."""

    @property
    def column(self) -> str: ...

    @property
    def names(self) -> tuple[str, ...]:
        """Of the output columns."""
        ...

    def outputs(self) -> list[pa.Field]: ...

    def many(self, values: pa.Array) -> list[pa.Array]:
        """The output columns for a cleaned column."""
        ...

    def one(self, read: Read) -> Callable[[Any], Any]:
        """A function from a raw value, to be read by ``read``, to the output: a tuple, or the only value itself."""
        ...


def number_field(name: str, origin: str) -> pa.Field:
    return pa.field(name, pa.float64(), metadata={ORIGIN: origin.encode()})


def code_field(name: str, origin: str, levels: tuple[str, ...]) -> pa.Field:
    told = json.dumps(levels, ensure_ascii=False).encode()
    return pa.field(name, pa.int32(), metadata={ORIGIN: origin.encode(), LEVELS: told})


def text_field(name: str, origin: str) -> pa.Field:
    return pa.field(name, pa.string(), metadata={ORIGIN: origin.encode()})


def with_nan(values: pa.Array) -> pa.Array:
    """Floats with NaN where null."""
    return values.cast(pa.float64()).fill_null(NAN)
