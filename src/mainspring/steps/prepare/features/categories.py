"""Categories: the code of a level, -1 when missing, unseen or too rare to have one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.values.reading import Read
from mainspring.steps.prepare.features.feature import code_field

NONE = -1


@dataclass(frozen=True, slots=True)
class Categories:
    """``levels`` are in the order of their codes."""

    column: str
    names: tuple[str, ...]
    levels: tuple[str, ...]

    def outputs(self) -> list[pa.Field]:
        return [code_field(self.names[0], self.column, self.levels)]

    def many(self, values: pa.Array) -> list[pa.Array]:
        codes = pc.index_in(values, value_set=pa.array(self.levels, pa.string()), skip_nulls=True)
        return [codes.fill_null(NONE).cast(pa.int32())]

    def one(self, read: Read) -> Callable[[Any], int]:
        codes = {level: code for code, level in enumerate(self.levels)}
        find = codes.get

        def encode(value: Any) -> int:
            # A level is read as itself, so that a text which is one need not be read.
            if value.__class__ is str and (code := find(value)) is not None:
                return code
            return find(read(value), NONE)

        return encode


def commonest(values: pa.Array, most: int) -> tuple[str, ...]:
    """The levels of a column of words by falling count, at most so many."""
    counted = pc.value_counts(values.drop_null())
    levels, counts = counted.field(0), counted.field(1).to_numpy()
    order = np.lexsort((pc.rank(levels, tiebreaker="dense").to_numpy(zero_copy_only=False), -counts))[:most]
    return tuple(levels.take(pa.array(order)).to_pylist())
