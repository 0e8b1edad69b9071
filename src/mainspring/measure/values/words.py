"""Words: any value as the one text that stands for it, whether it came from a CSV file, JSON or a database."""

import json
import math
import re
from datetime import date, datetime, time
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

TRUE = frozenset({"true", "t", "yes", "y", "1", "on", "是", "真", "有"})
FALSE = frozenset({"false", "f", "no", "n", "0", "off", "否", "假", "无"})

LARGE = 1 << 63
_WORDS = re.compile(r"[^\W_]+")
_WIDE = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")


def plain_text(value: Any) -> str | None:
    """The trimmed text for a value, None for null and for what is not a number.

    >>> plain_text(7), plain_text(7.0), plain_text(" 7 "), plain_text(True), plain_text(float("nan"))
    ('7', '7', '7', 'true', None)
    """
    if value is None:
        return None
    if isinstance(value, str):
        return encodable(value.strip())
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value) is int and -LARGE < value < LARGE:  # the same, without asking whether it is a Real
        return str(value)
    if isinstance(value, (Real, Decimal)):
        return _numeral(value)
    if is_null(value):
        return None
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (list, tuple, dict)):
        return encodable(json.dumps(value, default=str, ensure_ascii=False))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return encodable(str(value).strip())


def is_null(value: Any) -> bool:
    """Whether a value is null in the manner of Python, numpy or pandas."""
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )


def encodable(text: str) -> str:
    """The text with what UTF-8 cannot write (halves of surrogate pairs) replaced by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def truth(value: Any) -> bool | None:
    """What yes-and-no words (English and Chinese), 0 and 1 say; None for anything else.

    >>> truth("Yes"), truth(0), truth("是"), truth("maybe")
    (True, False, True, None)
    """
    if isinstance(value, bool):
        return value
    word = (plain_text(value) or "").lower()
    return True if word in TRUE else False if word in FALSE else None


def tokens(text: str) -> list[str]:
    """The words of a text in small letters; each Chinese or Japanese character is a word.

    >>> tokens("Very good 很好!")
    ['very', 'good', '很', '好']
    """
    return _WORDS.findall(_WIDE.sub(r" \1 ", text).lower())


def cjk_share(text: str) -> float:
    """The share of Chinese and Japanese characters, which are written without spaces."""
    return 0.0 if text.isascii() or not text else len(_WIDE.findall(text)) / len(text)


def _numeral(value: Any) -> str | None:
    if isinstance(value, Integral):
        return str(int(value)) if int(value).bit_length() <= 4096 else None
    if not math.isfinite(value):
        return None
    if isinstance(value, Decimal):
        return str(int(value)) if value == value.to_integral_value() else format(value.normalize(), "f")
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e16 else repr(float(value))
