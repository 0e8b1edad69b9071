"""Template: a sentence composed with values, found again by its fixed words and said in Chinese with the same values."""

import re
from collections.abc import Mapping
from functools import lru_cache

LONGEST = 2000
DEEPEST = 6
ENDS = (("; ", "；"), (", ", "，"), (" and ", "和"))
"""What joins parts that are sentences or names of their own."""
SINGLE = ("value", "new", "old")
"""Holes in which one word stands."""
NUMBERS = ("n", "m", "k")
"""Holes in which a number stands."""
ONE, ANY, NUMBER = r"\S+?", ".+?", r"[−+-]?(?:\d[\d.,]*(?:e[+-]?\d+)?%?|⟨\d⟩)"
_HOLE = re.compile(r"\{(\w+)\}")


class Sentences:
    """``templates`` are English → Chinese with the same ``{holes}``. What stands in a hole is said in Chinese where it is a sentence too,
    and else stays as it is: names, numbers, what people wrote."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        # What begins with fixed words, and has most of them, says most exactly what it is.
        ordered = sorted(templates, key=lambda english: (english.startswith("{"), -len(_HOLE.sub("", english))))
        self._known = [(_pattern(english), templates[english]) for english in ordered]
        self.chinese = lru_cache(4096)(self._chinese)

    def knows(self, english: str) -> bool:
        """Whether some template is of this form, its values apart."""
        return any(pattern.fullmatch(english) for pattern, _ in self._known)

    def _chinese(self, english: str) -> str:
        """The sentence in Chinese; as it is where nothing of it is known."""
        return english if len(english) > LONGEST else self._said(english, DEEPEST)

    def _said(self, english: str, deep: int) -> str:
        if not deep or not english:
            return english
        for pattern, chinese in self._known:
            if (found := pattern.fullmatch(english)) is not None and all(map(_closed, found.groups())):
                return _HOLE.sub(lambda hole: self._said(found[hole[1]], deep - 1), chinese)
        for end, chinese in ENDS:
            parts = _apart(english, end)
            if len(parts) > 1:
                said = [self._said(part, deep - 1) for part in parts]
                return english if said == parts else chinese.join(said)
        return english


def _pattern(english: str) -> re.Pattern[str]:
    written, place = "", 0
    for hole in _HOLE.finditer(english):
        kind = NUMBER if hole[1] in NUMBERS else ONE if hole[1] in SINGLE else ANY
        written += re.escape(english[place : hole.start()]) + f"(?P<{hole[1]}>{kind})"
        place = hole.end()
    return re.compile(written + re.escape(english[place:]), re.DOTALL)


def _closed(value: str) -> bool:
    """Whether no bracket ends in it that began before it: then it is more than one value."""
    deep = 0
    for sign in value:
        deep += (sign == "(") - (sign == ")")
        if deep < 0:
            return False
    return True


def _apart(text: str, end: str) -> list[str]:
    """At ``end``, but not within brackets."""
    parts, deep, begun, place = [], 0, 0, 0
    while place < len(text):
        deep += (text[place] in "([") - (text[place] in ")]")
        if not deep and text.startswith(end, place):
            parts.append(text[begun:place])
            begun = place = place + len(end)
        else:
            place += 1
    return [*parts, text[begun:]]
