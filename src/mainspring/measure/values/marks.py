"""Marks: how people write *missing*.

Two lists of words. The sure ones mean *missing* wherever they stand; the others do so only where the rest of the column
are numbers, dates or truth values, for ``none`` and ``unknown`` are answers like any other in a column of words.

A number stands for *missing* only by evidence (:func:`sentinels`).
"""

from collections.abc import Collection, Sequence

import numpy as np

SURE = frozenset({"?", "??", "n/a", "#n/a", "na", "<na>", "nan", "null", "(null)", "#null!", "-", "--", "---", r"\n"})
ALSO = frozenset(
    {"none", "nil", "unknown", "missing", "undefined", "not available", "not applicable", "nat", ".", "..", "*", "n.a."}
    | {"#value!", "#ref!", "#div/0!", "#name?", "#num!", "无", "空", "缺失", "未知", "暂无", "不详", "—", "——"}
)
ALL = SURE | ALSO

BELOW = tuple(float(-int(digit * n)) for digit in "98" for n in range(1, 9))
ABOVE = tuple(float(digit * n) for digit in "98" for n in range(2, 9))
REPEATED = 3
"""A number that means *missing* stands at least so often, and in at least ``SHARE`` of the rows."""
SHARE = 0.001


def is_mark(word: str, among: Collection[str]) -> bool:
    """Whether a trimmed word is blank or one of the marks, in whatever case.

    >>> is_mark("N/A", SURE), is_mark("none", SURE), is_mark("none", ALL)
    (True, False, True)
    """
    return not word or (len(word) <= 20 and word.lower() in among)


def codes_of_two_letters(words: Sequence[str]) -> bool:
    """Whether the column holds codes like ``DE`` and ``US``, among which ``NA`` is Namibia."""
    others = [word for word in words if word.lower() != "na"]
    return len(others) >= 10 and all(len(word) == 2 and word.isalpha() and word.isupper() for word in others)


def sentinels(values: np.ndarray) -> tuple[float, ...]:
    """Numbers that stand for *missing* in an array of finite numbers, by evidence.

    A candidate is one of -1, -9, -99, … -8, -88, … or 99, 999, … 88, 888, …; it is the least or the greatest value of
    the column and repeated. Besides, it must lie apart: a negative one where nothing else is below zero and the
    others are more than ten different values (or farther from them than their whole range, unless it is -1); a
    positive one farther from the others than three times their range.

    >>> sentinels(np.array([0.0, 3, 5, 8, 999, 999, 999]))
    (999.0,)
    >>> sentinels(np.array([0.0, 1, -1, 1, -1, -1, 0]))
    ()
    """
    found: list[float] = []
    rest = values
    for side in ((*BELOW, -1.0), ABOVE):
        while rest.size:
            edge = float(rest.min() if side[0] < 0 else rest.max())
            others = rest[rest != edge]
            if edge not in side or not _is_repeated(rest.size - others.size, values.size) or not _apart(edge, others):
                break
            found.append(edge)
            rest = others
    return tuple(found)


def _is_repeated(count: int, rows: int) -> bool:
    return count >= max(REPEATED, SHARE * rows)


def _apart(edge: float, others: np.ndarray) -> bool:
    if not others.size:
        return False
    low, high = float(others.min()), float(others.max())
    if edge > 0:
        return high > low and edge - high > 3 * (high - low)
    if high > low and low - edge > high - low:
        return edge != -1.0
    return low >= 0 and len(np.unique(others[:10_000])) > 10
