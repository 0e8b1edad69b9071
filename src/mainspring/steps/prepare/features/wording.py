"""Wording: a free text as it stands, for learners that read; None when missing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mainspring.measure.values.reading import Read
from mainspring.steps.prepare.features.feature import text_field


@dataclass(frozen=True, slots=True)
class Wording:
    column: str
    names: tuple[str, ...]

    def outputs(self) -> list[pa.Field]:
        return [text_field(self.names[0], self.column)]

    def many(self, values: pa.Array) -> list[pa.Array]:
        return [values]

    def one(self, read: Read) -> Callable[[Any], str | None]:
        return read
