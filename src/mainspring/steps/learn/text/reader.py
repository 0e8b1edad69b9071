"""Reader: from a text to its words and the characters they are made of, whatever its script.

Full-width signs become usual ones (Unicode NFKC), letters small, control characters spaces. Which language it is, is seen from the
characters: Chinese and Japanese runs are cut into words by a dictionary where one is installed, else into characters.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from mainspring.steps.learn.text.kinds import chinese

LONGEST = 20_000
"""Characters that are read of a text."""
LONGEST_WORD = 40
WORD_CHARACTERS, RUN_CHARACTERS = (2, 3, 4, 5), (1, 2, 3)
"""How many neighbouring characters of a word in letters, and of a run of Chinese ones, are looked at together."""

_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_HAS_WIDE = re.compile(f"[{_WIDE}]")
_PIECES = re.compile(rf"([{_WIDE}]+)|((?:(?![{_WIDE}])\w)+(?:['’](?:(?![{_WIDE}])\w)+)*)|([^\w\s])")
_UNSEEN = re.compile("[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd\ufe0f]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A ``word``, and the parts of it that are looked at."""

    word: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """``segments``: Chinese is cut into words and its traditional characters are simplified, by the libraries of the extra ``chinese``."""

    segments: bool

    def read(self, text: str) -> list[Token]:
        """The tokens of a text in their order; none where nothing can be read."""
        tokens: list[Token] = []
        for found in _PIECES.finditer(self.plain(text)):
            run, word, sign = found.groups()
            if run:
                tokens.extend(self._of_run(run))
            elif word:
                tokens.append(Token(word[:LONGEST_WORD], tuple(_parts(f" {word[:LONGEST_WORD]} ", WORD_CHARACTERS))))
            else:
                tokens.append(Token(sign))
        return tokens

    def plain(self, text: str) -> str:
        text = text[:LONGEST]
        if text.isascii():
            return _UNSEEN.sub(" ", text).lower()
        text = _UNSEEN.sub(" ", unicodedata.normalize("NFKC", text)).casefold()
        return chinese().simplified(text) if self.segments and _HAS_WIDE.search(text) else text

    def _of_run(self, run: str) -> Iterator[Token]:
        at = 0
        for word in chinese().words(run) if self.segments else run:
            parts = [run[i : i + n] for i in range(at, at + len(word)) for n in RUN_CHARACTERS if i + n <= len(run)]
            at += len(word)
            yield Token(word, tuple(parts))


def is_wide(text: str) -> bool:
    """Whether there is a character of Chinese or Japanese in it."""
    return _HAS_WIDE.search(text) is not None


def _parts(padded: str, lengths: tuple[int, ...]) -> Iterator[str]:
    for n in lengths:
        for i in range(len(padded) - n + 1):
            yield padded[i : i + n]
