"""Pieces: what an encoder reads of a text: the tokens of each unit, looked up once a word, in windows of bounded length."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from mainspring.steps.learn.text.encoder.tokens import readable
from mainspring.steps.learn.text.tagging.units import Unit, units_of
from mainspring.steps.learn.text.tagging.words.characters import NOTHING, characters_of
from mainspring.steps.learn.text.tagging.words.looks import look_of

MOST_PIECES = 12
"""Tokens of a unit at most."""
REMEMBERED = 200_000
"""Words whose tokens are kept."""

Ints = npt.NDArray[np.int64]


class Piece(NamedTuple):
    """The tokens of a unit, the look of each, and the numbers of the unit's ``characters``."""

    ids: tuple[int, ...]
    looks: tuple[int, ...]
    characters: tuple[int, ...] = NOTHING


class Window(NamedTuple):
    """Units ``first`` to before ``end`` of a text, of which those from ``taken`` to before ``left`` are answered by it."""

    first: int
    end: int
    taken: int
    left: int


class Pieces:
    """Cuts texts by a tokenizer, whose tokens of a word do not hang on the words beside it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.no_truncation()
        ends = tokenizer.encode("").ids
        self.starts, self.ends = ends[0], ends[-1]
        """The tokens before and behind whatever is read."""
        mark = tokenizer.encode("�￿").ids
        self._unknown = mark[1] if len(mark) > 2 else ends[0]
        self._gap = tokenizer.token_to_id("▁")
        """The blank before a word that has no token together with one; where units are characters, one stands before each sign."""
        self._known: dict[str, Piece] = {}

    def of(self, text: str) -> tuple[list[Unit], list[Piece]]:
        units = units_of(text)
        words = [text[unit.start : unit.end] for unit in units]
        fresh = list({word for word in words if word not in self._known})
        if fresh:
            self._learn(fresh)
        return units, [self._known[word] for word in words]

    def _learn(self, words: Sequence[str]) -> None:
        if len(self._known) > REMEMBERED:
            self._known = {}
        known = dict(self._known)
        encodings = self._tokenizer.encode_batch([readable(word) for word in words], add_special_tokens=False)
        for word, encoding in zip(words, encodings, strict=True):
            alone = self._tokenizer.token_to_id(word) if len(word) == 1 and not word.isascii() else None
            if alone is not None:
                known[word] = Piece((alone,), (look_of(word, word),))
                continue
            first = int(len(encoding.ids) > 1 and encoding.ids[0] == self._gap)
            ids = tuple(encoding.ids[first:][:MOST_PIECES]) or (self._unknown,)
            looks = tuple(look_of(word[a:b], word) for a, b in encoding.offsets[first:][:MOST_PIECES]) or (2,)
            known[word] = Piece(ids, looks, characters_of(word))
        self._known = known  # at once: threads that read go on with the former


def windows(pieces: Sequence[Piece], longest: int) -> Iterator[Window]:
    """Windows of at most so many tokens, each half of which the next one sees again: a unit is answered where most stands around it."""
    ends = np.cumsum([len(piece.ids) for piece in pieces])
    if not len(ends):
        return

    def reach(first: int, tokens: int) -> int:
        before = int(ends[first - 1]) if first else 0
        return max(first + 1, int(np.searchsorted(ends, before + tokens, side="right")))

    taken = first = 0
    while (end := reach(first, longest)) < len(pieces):
        following = reach(first, longest // 2)
        while reach(following, longest) <= end:
            following += 1  # each window sees more than the last
        left = max(taken + 1, (following + end) // 2)
        yield Window(first, end, taken, left)
        first, taken = following, left
    yield Window(first, len(pieces), taken, len(pieces))
