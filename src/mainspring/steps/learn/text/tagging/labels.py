"""Labels: what spans are called, which tags that makes, and which of them look mistyped."""

from collections import Counter
from collections.abc import Sequence

from mainspring.errors import QualityError
from mainspring.measure.spans.span import Span
from mainspring.measure.spans.tags import OUTSIDE
from mainspring.steps.learn.text.mistyped import told_mistyped


def tags_of(spans: Sequence[Sequence[Span]]) -> tuple[str, ...]:
    """Raises QualityError: no text has a span."""
    labels = sorted(_counts(spans))
    if not labels:
        raise QualityError("no text to learn from has a span", where="learn.target",
                           remedy="look at the target: it is to hold a list of [start, end, label] of each text")  # fmt: skip
    return (OUTSIDE, *(f"{mark}-{label}" for label in labels for mark in "BI"))


def mistyped(spans: Sequence[Sequence[Span]]) -> tuple[str, ...]:
    """A sentence of each label that is rare and looks like a common one: ``PRE`` like ``PER``, ``loc`` like ``LOC``."""
    return told_mistyped(_counts(spans), "spans")


def _counts(spans: Sequence[Sequence[Span]]) -> Counter[str]:
    return Counter(span.label for of_text in spans for span in of_text)
