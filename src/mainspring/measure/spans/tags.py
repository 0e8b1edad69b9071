"""Tags: one a word, which together mean spans: IOB1, IOB2, BIOES (also written BMES, BILOU), told from what stands there.

Sequences that no scheme allows are read as conlleval reads them (Tjong Kim Sang & Buchholz 2000): whatever continues nothing begins.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

OUTSIDE = "O"
BEGINS, CONTINUES, ENDS, ALONE = "B", "IM", "EL", "SUW"
MARKS = BEGINS + CONTINUES + ENDS + ALONE


class Chunk(NamedTuple):
    """Words ``first`` to before ``end`` of a sequence."""

    first: int
    end: int
    label: str


def parted(tag: str) -> tuple[str, str]:
    """``B-PER`` or ``PER-B`` → (``B``, ``PER``), a bare ``PER`` → (``I``, ``PER``), what means no label → (``O``, "")."""
    if tag in ("", OUTSIDE):
        return OUTSIDE, ""
    mark, sign, label = tag[0], tag[1:2], tag[2:]
    if mark in MARKS and sign in ("-", "_") and label:
        return mark, label
    if len(tag) > 2 and tag[-1] in MARKS and tag[-2] in "-_":
        return tag[-1], tag[:-2]
    return CONTINUES[0], tag


def chunks(tags: Sequence[str]) -> list[Chunk]:
    """What the tags mean, in their order."""
    found: list[Chunk] = []
    first, before, inside = 0, (OUTSIDE, ""), ""
    for at, tag in enumerate([*tags, OUTSIDE]):
        mark, label = parted(tag)
        if inside and (label != inside or mark in BEGINS + ALONE or before[0] in ENDS + ALONE):
            found.append(Chunk(first, at, inside))
            inside = ""
        if mark != OUTSIDE and not inside:
            first, inside = at, label
        before = (mark, label)
    return found


def tagged(spans: Iterable[Chunk], words: int) -> list[str]:
    """IOB2 tags of so many words."""
    tags = [OUTSIDE] * words
    for first, end, label in spans:
        tags[first:end] = [f"B-{label}"] + [f"I-{label}"] * (end - first - 1)
    return tags
