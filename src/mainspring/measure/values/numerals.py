"""Numerals: numbers as people write them."""

import math
import re
import unicodedata

LONGEST = 64
PLAIN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_PLAIN = re.compile(PLAIN + r"(?:[eE][+-]?[0-9]{1,4})?")
_GROUPS = r"[+-]?[0-9]{1,3}(?:[%s][0-9]{3})+"
_POINT = re.compile(_GROUPS % r",'’ _" + r"(?:\.[0-9]*)?")
_COMMA = re.compile(r"(?:" + _GROUPS % r".'’ _" + r"|[+-]?[0-9]+)(?:,[0-9]*)?")
_ONLY_COMMA = re.compile(
    r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}|[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|"
    r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*|[+-]?0+,[0-9]+"
)
_ONLY_POINT = re.compile(
    r"[+-]?[0-9]{1,3}(?:,[0-9]{3}){2,}|[+-]?[0-9]*\.(?:[0-9]{0,2}|[0-9]{4,})|"
    r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]*|[+-]?0+\.[0-9]+"
)
_SEPARATORS = str.maketrans("", "", "'’ _")
_MONEY = re.compile(
    r"^(?:US\$|R\$|[$€£¥₹₩₽]|USD|EUR|GBP|CNY|RMB|JPY|CHF)|(?:[$€£¥₹₩₽元]|USD|EUR|GBP|CNY|RMB|JPY|CHF|kr)$"
)


def read_number(text: str, comma: bool = False) -> float | None:
    """The finite number that a text says, or None when it says none (or one too large for a float).

    Takes thousands separators (``1,234,567.8``, ``1 234``, ``1'234``), currency signs, accountants' parentheses,
    full-width digits, and per cent (``12%`` is 0.12). With ``comma`` the comma is the decimal sign and the point
    separates thousands.

    >>> read_number("￥1,234.50"), read_number("(12%)"), read_number("1.234,5", comma=True), read_number("12 monkeys")
    (1234.5, -0.12, 1234.5, None)
    """
    if len(text) > LONGEST:
        return None
    text = text.strip()
    if not comma and _PLAIN.fullmatch(text):
        return finite(float(text))
    text, sign, scale = _bare(text)
    if comma and _COMMA.fullmatch(text):
        text = text.translate(_SEPARATORS).replace(".", "").replace(",", ".")
    elif _POINT.fullmatch(text):
        text = text.translate(_SEPARATORS).replace(",", "")
    if not _PLAIN.fullmatch(text):
        return None
    return finite(sign * float(text) / scale)


def finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def decimal_evidence(text: str) -> int:
    """+1 when only a decimal comma explains the text, -1 when only a decimal point does, else 0.

    >>> decimal_evidence("3,5"), decimal_evidence("3.5"), decimal_evidence("3,500")
    (1, -1, 0)
    """
    text = _bare(text.strip())[0] if len(text) <= LONGEST else ""
    return bool(_ONLY_COMMA.fullmatch(text)) - bool(_ONLY_POINT.fullmatch(text))


def is_code(text: str) -> bool:
    """Whether digits are a code, not an amount: they start with a zero, or are more than a float holds exactly."""
    digits = text.lstrip("+-")
    return digits.isdecimal() and ((len(digits) > 1 and digits[0] == "0") or len(digits) > 15)


def _bare(text: str) -> tuple[str, float, float]:
    """The digits with their separators, the sign taken from parentheses, and what to divide by."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    sign = scale = 1.0
    if text[:1] == "(" and text[-1:] == ")":
        text, sign = text[1:-1].strip(), -1.0
    if text[-1:] == "%":
        text, scale = text[:-1].rstrip(), 100.0
    minus = "-" if text[:1] == "-" else ""
    text = text[len(minus) :].lstrip()
    return minus + _MONEY.sub("", _MONEY.sub("", text).strip()).strip(), sign, scale
