"""Mistyped: labels that are rare and look like a common one."""

from collections import Counter

from mainspring.errors import nearest

RARE = 0.02
"""How often a mistyped label stands, as a share of the one it looks like, at most."""


def told_mistyped(counts: Counter[str], what: str) -> tuple[str, ...]:
    """A sentence of each label that is rare and looks like a common one: ``PRE`` like ``PER``, ``loc`` like ``LOC``.

    ``what`` is counted, in the plural.
    """
    folded: dict[str, str] = {}
    for label, _ in counts.most_common():
        folded.setdefault(label.casefold(), label)
    told: list[str] = []
    for label, count in sorted(counts.items()):
        common = [one for one in counts if count <= RARE * counts[one]]
        same = folded[label.casefold()]
        like = same if same in common else nearest(label, common)
        if like is not None:
            told.append(
                f"label {label!r} ({count} of the {what}) looks like {like!r} ({counts[like]}): is it mistyped?"
            )
    return tuple(told)
