"""Collect: the grams of a column of training texts, and these texts by them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from mainspring.steps.learn.text.kinds import knows_chinese
from mainspring.steps.learn.text.reader import Reader, is_wide
from mainspring.steps.learn.text.rows import Text
from mainspring.steps.learn.text.tfidf.vocabulary import Vector, Vocabulary, words_of

Places = npt.NDArray[np.int32]
MOST_SEEN = 2_000_000
"""Different grams of a kind that are counted; what comes first only after so many is too rare to tell much."""
ONCE_IS_ENOUGH = 1000
"""Texts below which a gram that is in one of them counts."""
LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Collected:
    """What a column taught: its ``vocabulary``, and ``texts`` (n × grams)."""

    vocabulary: Vocabulary
    texts: csr_array


def reader_for(texts: Sequence[Text]) -> Reader:
    """How a column is to be read, told from some of its texts."""
    seen = [text for text in texts[:: max(1, len(texts) // LOOKED_AT)] if text]
    return Reader(segments=any(map(is_wide, seen)) and knows_chinese())


def collect(texts: Sequence[Text], reader: Reader, most: int) -> Collected:
    """The grams in most texts, ``most`` of words and as many of parts of words."""
    words, parts = _Seen(), _Seen()
    for text in texts:
        tokens = reader.read(text) if text else []
        words.take(list(words_of(tokens)))
        parts.take(list(chain.from_iterable(token.parts for token in tokens)))
    kept_words, kept_parts = words.kept(most), parts.kept(most)
    counts = np.concatenate([kept_words.counts, kept_parts.counts])
    idf = np.log((1.0 + len(texts)) / (1.0 + counts)) + 1.0
    vocabulary = Vocabulary(reader, kept_words.grams, kept_parts.grams, idf)
    vectors = [
        vocabulary.weighed(np.concatenate([first, second + len(kept_words.grams)]))
        for first, second in zip(kept_words.texts, kept_parts.texts, strict=True)
    ]
    return Collected(vocabulary, stacked(vectors, len(vocabulary)))


def stacked(vectors: Sequence[Vector], width: int) -> csr_array:
    """Texts as the rows of a sparse matrix (n × ``width``)."""
    ends = np.cumsum([0, *(len(places) for places, _ in vectors)])
    places = np.concatenate([np.zeros(0, dtype=np.int64), *(places for places, _ in vectors)])
    values = np.concatenate([np.zeros(0), *(values for _, values in vectors)])
    return csr_array((values, places.astype(np.int32), ends.astype(np.int32)), shape=(len(vectors), width))


@dataclass(frozen=True, slots=True)
class _Kept:
    """``grams`` by falling number of texts that have them (``counts``); of each text the places of its grams among them."""

    grams: tuple[str, ...]
    counts: npt.NDArray[np.float64]
    texts: list[npt.NDArray[np.int64]]


class _Seen:
    """Grams of one kind, numbered as they are met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._texts: list[Places] = []

    def take(self, grams: Sequence[str]) -> None:
        numbers = self._numbers
        if len(numbers) < MOST_SEEN:
            found = [numbers.setdefault(gram, len(numbers)) for gram in grams]
        else:
            found = [number for gram in grams if (number := numbers.get(gram)) is not None]
        self._texts.append(np.array(found, dtype=np.int32))

    def kept(self, most: int) -> _Kept:
        counts = np.zeros(len(self._numbers), dtype=np.int64)
        for numbers in self._texts:
            counts[np.unique(numbers)] += 1
        least = 1 if len(self._texts) < ONCE_IS_ENOUGH else 2
        # Grams of as many texts stand in the order in which they were met: rows tell it, not chance.
        order = np.argsort(-counts, kind="stable")[: min(most, int((counts >= least).sum()))]
        place = np.full(len(counts) + 1, -1, dtype=np.int64)
        place[order] = np.arange(len(order))
        grams = list(self._numbers)
        return _Kept(
            tuple(grams[i] for i in order.tolist()), counts[order].astype(np.float64),
            [found[found >= 0] for found in (place[numbers] for numbers in self._texts)],
        )  # fmt: skip
