"""Pieces: what an encoder reads of a text: the tokens of each unit, looked up once a word, in windows of bounded length."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from mainspring.steps.learn.text.encoder.tokens import readable
from mainspring.steps.learn.text.tagging.units import Unit, units_of
from mainspring.steps.learn.text.tagging.words.characters import NOTHING, characters_of
from mainspring.steps.learn.text.tagging.words.joined import WHOLE, Part, parts_of, place_in, stretches
from mainspring.steps.learn.text.tagging.words.looks import look_of

MOST_PIECES = 12
"""Tokens of a unit at most."""
REMEMBERED = 200_000
"""Words whose tokens are kept."""

Ints = npt.NDArray[np.int64]


class Piece(NamedTuple):
    """The tokens of a unit, the look of each, and the numbers of the unit's ``characters``.

    It is answered by the first of them, at its ``place`` there; ``back`` says that it is by the token before them instead, which began with
    a unit before this one. Then it may have none of its own.
    """

    ids: tuple[int, ...]
    looks: tuple[int, ...]
    characters: tuple[int, ...] = NOTHING
    place: int = WHOLE
    back: bool = False


class Window(NamedTuple):
    """Units ``first`` to before ``end`` of a text, of which those from ``taken`` to before ``left`` are answered by it."""

    first: int
    end: int
    taken: int
    left: int


class Pieces:
    """Cuts texts by a tokenizer, whose tokens of a word do not hang on the words beside it. ``joined`` says that where units stand together
    without blanks, a token may hold several."""

    def __init__(self, tokenizer: Tokenizer, *, joined: bool = False) -> None:
        self._tokenizer, self._joined = tokenizer, joined
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
        pieces = [self._known[word] for word in words]
        for first, end in stretches(text, units) if self._joined else ():
            pieces[first:end] = self._stretch(text, units[first:end], pieces[first:end])
        return units, pieces

    def _stretch(self, text: str, units: Sequence[Unit], alone: Sequence[Piece]) -> Iterator[Piece]:
        """Pieces of units between which no blank stands; ``alone`` are those that they have by themselves."""
        begin = units[0].start
        parts = parts_of(self._tokenizer, text[begin : units[-1].end])
        at, covering = 0, Part(0, 0, self._unknown)
        for unit, piece in zip(units, alone, strict=True):
            start, end = unit.start - begin, unit.end - begin
            own: list[Part] = []
            while at < len(parts) and parts[at].start < end:
                own.append(parts[at])
                at += 1
            back = covering.end > start
            if not own and not back:
                own = [Part(start, end, self._unknown)]
            place = place_in(Unit(start, end), covering if back else own[0])
            kept = own[:MOST_PIECES]
            covering = kept[-1] if kept else covering
            looks = tuple(look_of(text[begin + a : begin + b], text[unit.start : unit.end]) for a, b, _ in kept)
            yield Piece(tuple(part.id for part in kept), looks, piece.characters, place, back)

    def _learn(self, words: Sequence[str]) -> None:
        if len(self._known) > REMEMBERED:
            self._known = {}
        known = dict(self._known)
        encodings = self._tokenizer.encode_batch([readable(word) for word in words], add_special_tokens=False)
        for word, encoding in zip(words, encodings, strict=True):
            alone = self._tokenizer.token_to_id(readable(word)) if len(word) == 1 and not word.isascii() else None
            if alone is not None:
                known[word] = Piece((alone,), (look_of(word, word),))
                continue
            first = int(len(encoding.ids) > 1 and encoding.ids[0] == self._gap)
            ids = tuple(encoding.ids[first:][:MOST_PIECES]) or (self._unknown,)
            looks = tuple(look_of(word[a:b], word) for a, b in encoding.offsets[first:][:MOST_PIECES]) or (2,)
            known[word] = Piece(ids, looks, characters_of(word))
        self._known = known  # at once: threads that read go on with the former


def tokens_of(pieces: Sequence[Piece]) -> Ints:
    """By which token of a window each of its units is answered, counted from the mark that stands before them."""
    firsts = 1 + np.cumsum([0, *(len(piece.ids) for piece in pieces[:-1])])
    return np.maximum(1, firsts - np.array([piece.back for piece in pieces], np.int64))


class Read(NamedTuple):
    """Pieces between two marks, as an encoder reads them: tokens, their looks (n each), and the characters of the word that each is of
    (n × places); of each unit the token that answers it, and its place there (units each)."""

    ids: Ints
    looks: Ints
    characters: Ints
    tokens: Ints
    places: Ints


def read_of(pieces: Sequence[Piece], marks: tuple[int, int]) -> Read:
    ids, looks, characters = [marks[0]], [0], [NOTHING]
    for piece in pieces:
        ids += piece.ids
        looks += piece.looks
        characters += [piece.characters] * len(piece.ids)
    places = np.array([piece.place for piece in pieces])
    told = (np.array([*ids, marks[1]]), np.array([*looks, 0]), np.array([*characters, NOTHING]))
    return Read(*told, tokens_of(pieces), places)


def windows(pieces: Sequence[Piece], longest: int) -> Iterator[Window]:
    """Windows of at most so many tokens, each half of which the next one sees again: a unit is answered where most stands around it."""
    ends = np.cumsum([len(piece.ids) for piece in pieces])
    if not len(ends):
        return

    def reach(first: int, tokens: int) -> int:
        before = int(ends[first - 1]) if first else 0
        found = max(first + 1, int(np.searchsorted(ends, before + tokens, side="right")))
        while found < len(pieces) and not pieces[found].ids:
            found += 1  # a token that holds several units is not cut
        return found

    taken = first = 0
    while (end := reach(first, longest)) < len(pieces):
        following = reach(first, longest // 2)
        while reach(following, longest) <= end or not pieces[following].ids:
            following += 1  # each window sees more than the last, and begins with a token
        left = max(taken + 1, (following + end) // 2)
        yield Window(first, end, taken, left)
        first, taken = following, left
    yield Window(first, len(pieces), taken, len(pieces))
