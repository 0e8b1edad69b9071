"""Short texts: how long they are and which of the common words they have; NaN when missing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.measure.values.reading import Read
from mainspring.measure.values.words import tokens
from mainspring.steps.prepare.features.feature import NAN, number_field

MOST = 30
FITTED_ON = 20_000
LONGEST = 20_000
"""Characters that are looked at for words."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Length in characters, number of words, and 1 for each of ``words`` that is there (a Chinese character is one)."""

    column: str
    names: tuple[str, ...]
    words: tuple[str, ...]

    @classmethod
    def fit(cls, column: str, values: pa.Array) -> Self:
        """The words are those in most training texts, but in at most nine of ten."""
        present = values.drop_null()
        seen = present[:: max(1, len(present) // FITTED_ON)].to_pylist()
        counts = Counter(word for text in seen for word in set(tokens(text[:LONGEST])))
        common = [
            (-count, word) for word, count in counts.items() if max(2, len(seen) / 100) <= count <= 0.9 * len(seen)
        ]
        words = tuple(word for _, word in sorted(common)[:MOST])
        names = ("length", "words", *(f"has {word}" for word in words))
        return cls(column, tuple(f"{column} ({name})" for name in names), words)

    def outputs(self) -> list[pa.Field]:
        return [number_field(name, self.column) for name in self.names]

    def many(self, values: pa.Array) -> list[pa.Array]:
        encoded = values.dictionary_encode()
        measure = self._measure()
        rows = [measure(text) for text in encoded.dictionary.to_pylist()]
        table = np.array([*rows, (NAN,) * len(self.names)])  # the last row stands for null
        codes = encoded.indices.fill_null(len(rows)).to_numpy(zero_copy_only=False)
        return [pa.array(table[codes, at]) for at in range(len(self.names))]

    def one(self, read: Read) -> Callable[[Any], tuple[float, ...]]:
        measure = self._measure()
        missing = (NAN,) * len(self.names)

        def encode(value: Any) -> tuple[float, ...]:
            text = read(value)
            return missing if text is None else measure(text)

        return encode

    def _measure(self) -> Callable[[str], tuple[float, ...]]:
        words = self.words

        def measure(text: str) -> tuple[float, ...]:
            there = tokens(text[:LONGEST])
            known = set(there)
            return float(len(text)), float(len(there)), *(1.0 if word in known else 0.0 for word in words)

        return measure
