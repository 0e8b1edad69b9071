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
            told[row, 2 * k], told[row, 2 * k + 1], shared = _compared(a, b, len(known.words))
            told[row, 4] += 0.5 * shared
        told[row, 5] = min(len(one), len(other)) / max(len(one), len(other))
    return told


def _compared(one: Vector, other: Vector, words: int) -> tuple[float, float, float]:
    """The cosine of words and that of parts of words, and the size of what words both have over that of what they have on the average
    (Dice 1945)."""
    places, a, b = np.intersect1d(one[0], other[0], assume_unique=True, return_indices=True)
    products, both = one[1][a] * other[1][b], int(np.searchsorted(places, words))
    had = int(np.searchsorted(one[0], words)) + int(np.searchsorted(other[0], words))
    return float(products[:both].sum()), float(products[both:].sum()), 2.0 * both / max(1, had)
