"""Characters: what a word begins and ends with, itself, and its outline, as numbers; capitals kept, which an encoder may not see.

An encoder knows words by pieces of small letters: of a name it has not met, that may be any piece. How names begin and end, and how
capitals stand in them, says of which kind they are (as in Lample et al. 2016, Ma & Hovy 2016). Each n-gram is hashed to one of so many
vectors, which are learned with the tagger and summed up (Bojanowski et al. 2017); an outline is ``XxXxx`` of ``McDonald`` (Collins 2002).
"""

import re
from zlib import crc32

from mainspring.steps.learn.text.encoder.tokens import readable

VECTORS = 32_768
"""So many are learned; the first stands for nothing and stays so."""
SIZES = (2, 3, 4)
"""Characters of a beginning, and of an end."""
PLACES = 2 * len(SIZES) + 2
"""Numbers a word has: a beginning and an end of each size, the outline, the word."""
NOTHING = (0,) * PLACES
_DIGIT, _REPEATED = re.compile(r"\d"), re.compile(r"(.)\1{2,}", re.DOTALL)


def characters_of(word: str) -> tuple[int, ...]:
    """``PLACES`` numbers below ``VECTORS``. Digits are alike. A sign or character that is a word by itself, as Chinese ones are, has none:
    its token says all."""
    if len(word) == 1 and not word.isascii():
        return NOTHING
    plain = _DIGIT.sub("0", readable(word))
    begins = [plain[:size] if len(plain) >= size else "" for size in SIZES]
    ends = [plain[-size:] if len(plain) >= size else "" for size in SIZES]
    return tuple(_number(place, part) for place, part in enumerate((*begins, *ends, outline(plain), plain)))


def outline(word: str) -> str:
    """Capitals as ``X``, other letters as ``x``, signs and digits as they are; of more than two alike, two."""
    told = "".join(("X" if one.isupper() else "x") if one.isalpha() else one for one in word)
    return _REPEATED.sub(r"\1\1", told)


def _number(place: int, part: str) -> int:
    """The same in every process, other than Python's own."""
    return 1 + crc32(f"{place} {part}".encode()) % (VECTORS - 1) if part else 0
