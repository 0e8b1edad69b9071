"""Vocabulary: the grams that are known of a text column, and a text as their weights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.text.reader import Reader, Token
from mainspring.steps.learn.text.rows import Floats, Text

Ints = npt.NDArray[np.int64]
Vector = tuple[Ints, Floats]
"""Places of grams, ascending, and how much each weighs."""


@dataclass(frozen=True)
class Vocabulary:
    """``words`` (one, or two that follow each other) and ``parts`` of words, each with its ``idf``, those of words first.

    A gram that is there c times weighs (1 + log c) × idf; words together, and parts together, have the length one (Salton & Buckley 1988).
    """

    reader: Reader
    words: tuple[str, ...]
    parts: tuple[str, ...]
    idf: Floats
    _word_places: dict[str, int] = field(init=False, repr=False, compare=False)
    _part_places: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_word_places", {word: i for i, word in enumerate(self.words)})
        object.__setattr__(self, "_part_places", {part: len(self.words) + i for i, part in enumerate(self.parts)})

    def __len__(self) -> int:
        return len(self.words) + len(self.parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reader, self.words, self.parts, self.idf)

    def vector(self, text: Text) -> Vector:
        """What is known of a text; nothing of a missing one."""
        if not text:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        tokens = self.reader.read(text)
        word, part = self._word_places.get, self._part_places.get
        places = [place for gram in words_of(tokens) if (place := word(gram)) is not None]
        places += [place for token in tokens for gram in token.parts if (place := part(gram)) is not None]
        return self.weighed(np.array(places, dtype=np.int64))

    def weighed(self, places: Ints) -> Vector:
        """The vector of a text that has these grams, each as often as its place is named."""
        known, counts = np.unique(places, return_counts=True)
        weights = (1.0 + np.log(counts)) * self.idf[known]
        split = int(np.searchsorted(known, len(self.words)))
        for half in (slice(0, split), slice(split, None)):
            length = float(np.sqrt((weights[half] ** 2).sum()))
            if length > 0.0:
                weights[half] /= length
        return known, weights

    def pushes(self, text: Text, weights: Floats) -> dict[str, float]:
        """The words of a text with what each adds, where a gram adds ``weights`` (one a gram): parts to their word, pairs half to each."""
        tokens = self.reader.read(text or "")
        known, values = self.vector(text)
        added = dict(zip(known.tolist(), (values * weights[known]).tolist(), strict=True))
        places = [self._of_token(tokens, i) for i in range(len(tokens))]
        counts: dict[int, float] = {}
        for found in places:
            for place, share in found:
                counts[place] = counts.get(place, 0.0) + share
        pushed: dict[str, float] = {}
        for token, found in zip(tokens, places, strict=True):
            push = sum(added[place] * share / counts[place] for place, share in found)
            pushed[token.word] = pushed.get(token.word, 0.0) + push
        return pushed

    def _of_token(self, tokens: Sequence[Token], at: int) -> list[tuple[int, float]]:
        token = tokens[at]
        pairs = [f"{a.word} {b.word}" for a, b in pairwise(tokens[max(0, at - 1) : at + 2])]
        words = [(self._word_places.get(token.word), 1.0), *((self._word_places.get(pair), 0.5) for pair in pairs)]
        parts = [(self._part_places.get(part), 1.0) for part in token.parts]
        return [(place, share) for place, share in (*words, *parts) if place is not None]

    def to_dict(self) -> dict[str, Any]:
        return {"segments": self.reader.segments, "words": list(self.words), "parts": list(self.parts)}

    @classmethod
    def from_dict(cls, plain: dict[str, Any], idf: Floats) -> Self:
        return cls(Reader(plain["segments"]), tuple(plain["words"]), tuple(plain["parts"]), idf)


def words_of(tokens: Sequence[Token]) -> Iterator[str]:
    """Each word, and each two that follow each other."""
    for token in tokens:
        yield token.word
    for first, second in pairwise(tokens):
        yield f"{first.word} {second.word}"
