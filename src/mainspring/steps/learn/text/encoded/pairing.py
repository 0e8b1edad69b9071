"""Pairing: two columns of texts that are read together, as vectors of what they have to do with each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mainspring.steps.learn.text.encoded.vectors import Vectors
from mainspring.steps.learn.text.rows import Floats, Text


@dataclass(frozen=True, slots=True)
class Pairing:
    """The places of two among the text columns.

    ``together``: the encoder reads both in one go, one behind the other, as it was tuned to. Otherwise it reads each by itself, and what
    is weighed beside both vectors are the sizes of their differences and their products (Reimers & Gurevych 2019, *Sentence-BERT*).
    """

    first: int
    second: int
    together: bool

    @property
    def views(self) -> int:
        """How many vectors tell of both."""
        return 1 if self.together else 2

    def of(self, known: Vectors, texts: Sequence[Sequence[Text]], read: Mapping[int, Floats]) -> list[Floats]:
        """Of the ``texts`` (columns × n) the :attr:`views` (n × width each); ``read`` has the vectors of columns read alone."""
        if self.together:
            return [known.of_pairs(texts[self.first], texts[self.second])]
        one, other = read[self.first], read[self.second]
        # Coordinates of a vector of length one are as large as one over the root of their number; those of products are to be, too.
        return [np.abs(one - other), one * other * np.sqrt(known.width)]


def alone(pairing: Pairing | None, columns: int) -> list[int]:
    """Which of so many text columns are read by themselves."""
    together = () if pairing is None or not pairing.together else (pairing.first, pairing.second)
    return [column for column in range(columns) if column not in together]
