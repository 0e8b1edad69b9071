"""Numbers and truth values: the number itself, 0 and 1; NaN when missing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mainspring.measure.values.reading import Read
from mainspring.steps.prepare.features.feature import NAN, number_field, with_nan


@dataclass(frozen=True, slots=True)
class Number:
    column: str
    names: tuple[str, ...]

    def outputs(self) -> list[pa.Field]:
        return [number_field(self.names[0], self.column)]

    def many(self, values: pa.Array) -> list[pa.Array]:
        return [with_nan(values)]

    def one(self, read: Read) -> Callable[[Any], float]:
        def encode(value: Any) -> float:
            number = read(value)
            return NAN if number is None else float(number)

        return encode
