"""Examples: what a tagger learns from: windows of texts with the tag of each unit, cut in another way each epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mainspring.measure.spans.span import Span
from mainspring.measure.spans.tags import tagged
from mainspring.steps.learn.text.tagging.pieces import Piece, Pieces, read_of, windows
from mainspring.steps.learn.text.tagging.units import chunks_of
from mainspring.steps.learn.text.tagging.words.characters import PLACES

NOT_ASKED = -100
"""Stands where a unit has no tag that is known, and where no unit is."""
SHORTEST = 40
"""Tokens of a window at least, where more lines could be taken along: sometimes little stands around a line."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Example:
    """Tokens, their looks (n each), and the characters of the word that each is of (n × places); of each unit the token that answers it,
    its place there, and its tag (units each)."""

    ids: Ints
    looks: Ints
    characters: Ints
    tokens: Ints
    places: Ints
    tags: Ints


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text cut up: pieces and tags of its units, and where its lines end (units)."""

    pieces: list[Piece]
    tags: list[str]
    lines: list[int]


def tagged_texts(texts: Sequence[str], spans: Sequence[Sequence[Span]], pieces: Pieces) -> list[Tagged]:
    """Texts without a unit are left out."""
    found: list[Tagged] = []
    for text, of_text in zip(texts, spans, strict=True):
        units, cut = pieces.of(text)
        if units:
            lines = [at + 1 for at, unit in enumerate(units) if unit.ends or at == len(units) - 1]
            found.append(Tagged(cut, tagged(chunks_of(list(of_text), units), len(units)), lines))
    return found


class Examples:
    """Of ``texts``, with ``tags`` numbered as they stand, in windows of at most ``longest`` tokens between the ``marks``."""

    def __init__(
        self, texts: Sequence[Tagged], tags: Sequence[str], longest: int, marks: tuple[int, int], seed: int
    ) -> None:
        self._texts, self._longest, self._marks, self._seed = texts, longest, marks, seed
        self._number = {tag: number for number, tag in enumerate(tags)}
        self._epoch = -1
        self._cut: list[tuple[int, int, int]] = []
        self._lengths: list[int] = []

    def lengths(self, epoch: int) -> list[int]:
        """The tokens of each example of an epoch, which is at hand from now on."""
        if epoch != self._epoch:
            dice = np.random.default_rng((self._seed, epoch, 1))
            self._cut = [(number, *part) for number, text in enumerate(self._texts) for part in self._parts(text, dice)]
            self._lengths = [2 + sum(len(p.ids) for p in self._texts[n].pieces[a:b]) for n, a, b in self._cut]
            self._epoch = epoch
        return self._lengths

    def met(self) -> set[int]:
        """All tokens there are in any example."""
        return {*self._marks, *(one for text in self._texts for piece in text.pieces for one in piece.ids), 0}

    def of(self, number: int) -> Example:
        place, first, end = self._cut[number]
        text = self._texts[place]
        tags = np.array([self._number.get(tag, NOT_ASKED) for tag in text.tags[first:end]])
        return Example(*read_of(text.pieces[first:end], self._marks), tags)

    def _parts(self, text: Tagged, dice: np.random.Generator) -> list[tuple[int, int]]:
        """Lines that stand together as far as a length allows that is drawn anew each time; a long line in windows."""
        parts: list[tuple[int, int]] = []
        first = 0
        while first < len(text.pieces):
            wanted, end, size = int(dice.integers(SHORTEST, self._longest + 1)), first, 0
            for stop in [line for line in text.lines if line > first]:
                size += sum(len(piece.ids) for piece in text.pieces[end:stop])
                if end > first and size > wanted:
                    break
                end = stop
            if sum(len(piece.ids) for piece in text.pieces[first:end]) > self._longest:
                cut = windows(text.pieces[first:end], self._longest)
                parts += [(first + window.first, first + window.end) for window in cut]
            else:
                parts.append((first, end))
            first = end
        return parts


class Batch(NamedTuple):
    """What is ``read`` (texts × tokens: ids, mask, looks; × places: characters), where what is asked stands (texts × units: token, place
    there), and the ``tags`` (texts × units)."""

    read: tuple[Ints, Ints, Ints, Ints]
    asked: tuple[Ints, Ints]
    tags: Ints


def together(examples: Sequence[Example]) -> Batch:
    longest, most = (max(map(len, of_all)) for of_all in zip(*((one.ids, one.tags) for one in examples), strict=True))
    ids, mask, looks = (np.zeros((len(examples), longest), np.int64) for _ in range(3))
    characters = np.zeros((len(examples), longest, PLACES), np.int64)
    tokens, places = (np.zeros((len(examples), most), np.int64) for _ in range(2))
    tags = np.full((len(examples), most), NOT_ASKED, np.int64)
    for row, example in enumerate(examples):
        size, units = len(example.ids), len(example.tags)
        ids[row, :size], mask[row, :size], looks[row, :size] = example.ids, 1, example.looks
        characters[row, :size] = example.characters
        tokens[row, :units], places[row, :units], tags[row, :units] = example.tokens, example.places, example.tags
    return Batch((ids, mask, looks, characters), (tokens, places), tags)
