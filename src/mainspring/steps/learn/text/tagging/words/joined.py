"""Joined: tokens that hold several units, as an encoder learned them of scripts without blanks: 北京市 is one token and three units.

Cut into single characters, such a text is one that the encoder never saw. Its own tokens are read instead, and each unit is answered by
the token it stands in, by another line for the first of a token, the last, and those between.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

from mainspring.steps.learn.text.encoder.tokens import readable
from mainspring.steps.learn.text.tagging.units import Unit, stands_alone

WHOLE, FIRST, BETWEEN, LAST = range(4)
"""Where a unit stands in its token."""
PLACES = 4
LONGEST = 400
"""Characters that are cut into tokens at once."""
GAP = "▁"
"""The blank before a word, as a token says it."""


class Part(NamedTuple):
    """Characters ``start`` to before ``end`` of a stretch, which are the token ``id``."""

    start: int
    end: int
    id: int


def joins(tokenizer: Tokenizer) -> bool:
    """Whether there are tokens of several characters that are units each."""
    return any(len(token) > 1 and all(map(stands_alone, token)) for token in tokenizer.get_vocab())


def stretches(text: str, units: Sequence[Unit]) -> Iterator[tuple[int, int]]:
    """Units ``first`` to before ``end`` between which no blank stands, and one of which is a character that stands alone."""
    first = 0
    for at in range(1, len(units) + 1):
        if at < len(units) and units[at].start == units[at - 1].end and units[at].end - units[first].start <= LONGEST:
            continue
        if any(stands_alone(text[unit.start]) for unit in units[first:at]):
            yield first, at
        first = at


def parts_of(tokenizer: Tokenizer, stretch: str) -> list[Part]:
    """The tokens of a stretch in their order, each with the characters it is of; those of none are left out."""
    encoding = tokenizer.encode(readable(stretch), add_special_tokens=False)
    found: list[Part] = []
    for id, token, (start, end) in zip(encoding.ids, encoding.tokens, encoding.offsets, strict=True):
        if token != GAP and end > start:
            found.append(Part(start, end, id))
    return found


def place_in(unit: Unit, part: Part) -> int:
    """Both counted from the same character."""
    if unit.start <= part.start:
        return WHOLE if unit.end >= part.end else FIRST
    return LAST if unit.end >= part.end else BETWEEN
