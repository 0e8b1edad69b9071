"""Labels: what spans are called, which tags that makes, and which of them look mistyped."""

from collections import Counter
from collections.abc import Sequence

from mainspring.errors import QualityError, nearest
from mainspring.measure.spans.span import Span
from mainspring.measure.spans.tags import OUTSIDE

RARE = 0.02
"""Spans of a mistyped label, as a share of those of the one it looks like, at most."""


def tags_of(spans: Sequence[Sequence[Span]]) -> tuple[str, ...]:
    """Raises QualityError: no text has a span."""
    labels = sorted(_counts(spans))
    if not labels:
        raise QualityError("no text to learn from has a span", where="learn.target",
                           remedy="look at the target: it is to hold a list of [start, end, label] of each text")  # fmt: skip
    return (OUTSIDE, *(f"{mark}-{label}" for label in labels for mark in "BI"))


def mistyped(spans: Sequence[Sequence[Span]]) -> tuple[str, ...]:
    """A sentence of each label that is rare and looks like a common one: ``PRE`` like ``PER``, ``loc`` like ``LOC``."""
    counts = _counts(spans)
    folded: dict[str, str] = {}
    for label, _ in counts.most_common():
        folded.setdefault(label.casefold(), label)
    told: list[str] = []
    for label, count in sorted(counts.items()):
        common = [one for one in counts if count <= RARE * counts[one]]
        same = folded[label.casefold()]
        like = same if same in common else nearest(label, common)
        if like is not None:
            told.append(f"label {label!r} ({count} of the spans) looks like {like!r} ({counts[like]}): is it mistyped?")
    return tuple(told)


def _counts(spans: Sequence[Sequence[Span]]) -> Counter[str]:
    return Counter(span.label for of_text in spans for span in of_text)
