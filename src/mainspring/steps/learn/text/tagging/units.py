"""Units: the words of a text, one of which carries one tag; in Chinese and Japanese every character is one, signs too."""

import re
from typing import NamedTuple

from mainspring.measure.spans.span import Span, without_overlap
from mainspring.measure.spans.tags import Chunk

LONGEST = 60
"""Characters of a unit at most; a longer one is cut."""
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WIDE_SIGNS = "\u3001-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65“”…"
"""Signs beside which no blank stands, so that several of them, and what follows, would be one word: 。《"""
_UNIT = re.compile(rf"[{_ALONE}{_WIDE_SIGNS}]|[^\s{_ALONE}{_WIDE_SIGNS}]+")
_LONE = re.compile(f"[{_ALONE}]")
_SIGNS = "([{<«¿¡,;:!?)]}>»"
_BEFORE, _BEHIND = f'{_SIGNS}"‘', f'{_SIGNS}"’'
"""Signs that are parted from a word: opening ones behind it too, for Chinese follows them without a blank."""
_BREAK = re.compile(r"\n")


class Unit(NamedTuple):
    """Characters ``start`` to before ``end``; ``ends`` says that a line ends behind it."""

    start: int
    end: int
    ends: bool = False


def units_of(text: str) -> list[Unit]:
    """Words by blanks, without the signs that stand around them; other than a sign that stands alone, or in a number."""
    found: list[Unit] = []
    breaks = {match.start() for match in _BREAK.finditer(text)}
    for match in _UNIT.finditer(text):
        found += _peeled(text, match.start(), match.end())
    if not breaks or not found:
        return found
    following = [unit.start for unit in found[1:]] + [len(text)]
    return [unit._replace(ends="\n" in text[unit.end : after]) for unit, after in zip(found, following, strict=True)]


def stands_alone(character: str) -> bool:
    """Whether it is a unit wherever it stands, and no sign."""
    return _LONE.match(character) is not None


def _peeled(text: str, start: int, end: int) -> list[Unit]:
    before: list[Unit] = []
    behind: list[Unit] = []
    while end - start > 1 and text[start] in _BEFORE:
        before.append(Unit(start, start + 1))
        start += 1
    while end - start > 1 and (text[end - 1] in _BEHIND or _is_full_stop(text, start, end)):
        behind.insert(0, Unit(end - 1, end))
        end -= 1
    middle = [Unit(at, min(end, at + LONGEST)) for at in range(start, end, LONGEST)]
    return [*before, *middle, *behind]


def _is_full_stop(text: str, start: int, end: int) -> bool:
    """A point at the very end of a line, behind a word of small letters (or a long one) that has no other point."""
    if text[end - 1] != "." or text[end : end + 1] not in ("", "\n"):
        return False
    word = text[start : end - 1]
    return "." not in word and (len(word) > 4 or word.islower() or word.isdigit())


def chunks_of(spans: list[Span], units: list[Unit]) -> list[Chunk]:
    """The spans as stretches of units. One whose ends fall inside a unit takes the whole unit; what touches none is left out."""
    found: list[Chunk] = []
    at = 0
    for span in without_overlap(spans):
        while at < len(units) and units[at].end <= span.start:
            at += 1
        last = at
        while last < len(units) and units[last].start < span.end:
            last += 1
        if last > at:
            found.append(Chunk(at, last, span.label))
        at = last
    return found


def spans_of(chunks: list[Chunk], units: list[Unit]) -> list[Span]:
    """Back to characters."""
    return [Span(units[first].start, units[end - 1].end, label) for first, end, label in chunks]
