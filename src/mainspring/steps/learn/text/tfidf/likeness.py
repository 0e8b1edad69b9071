"""Likeness: how alike two texts are, in numbers between nothing and one."""

from collections.abc import Sequence

import numpy as np

from mainspring.steps.learn.text.rows import Floats, Text
from mainspring.steps.learn.text.tfidf.vocabulary import Vector, Vocabulary

NUMBERS = 6
"""The cosines of words and of parts of words by both vocabularies, the share of known words that both have, and of lengths."""


def likeness_of(vocabularies: Sequence[Vocabulary], pair: tuple[int, int], texts: Sequence[Sequence[Text]]) -> Floats:
    """Of the pair of each row of ``texts`` (columns × n) (n × :data:`NUMBERS`); zeros where one is missing."""
    first, second = (texts[column] for column in pair)
    told = np.zeros((len(first), NUMBERS))
    for row, (one, other) in enumerate(zip(first, second, strict=True)):
        if not one or not other:
            continue
        for k, known in enumerate(vocabularies[column] for column in pair):
            a, b = known.vector(one), known.vector(other)
            told[row, 2 * k : 2 * k + 2] = _cosines(a, b, len(known.words))
            told[row, 4] += 0.5 * _shared(a, b, len(known.words))
        told[row, 5] = min(len(one), len(other)) / max(len(one), len(other))
    return told


def _cosines(one: Vector, other: Vector, words: int) -> tuple[float, float]:
    places, a, b = np.intersect1d(one[0], other[0], assume_unique=True, return_indices=True)
    products = one[1][a] * other[1][b]
    return float(products[places < words].sum()), float(products[places >= words].sum())


def _shared(one: Vector, other: Vector, words: int) -> float:
    """The size of what both have over that of what they have on the average (Dice 1945)."""
    a, b = one[0][one[0] < words], other[0][other[0] < words]
    return 2.0 * len(np.intersect1d(a, b, assume_unique=True)) / max(1, len(a) + len(b))
