"""Span: a stretch of a text with a label, and how lists of them are written: as JSON, in whichever of its usual forms."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

FORMS = 'a list of [start, end, label] or of {"start": …, "end": …, "label": …}'


class Span(NamedTuple):
    """Characters ``start`` to before ``end`` of a text."""

    start: int
    end: int
    label: str


def read_spans(value: object) -> list[Span] | None:
    """Spans in the order of their places, from JSON or from what JSON was read to; None where it is no list of spans.

    A span begins at 0 or later, has a character at least, and a label that is not empty.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, Sequence):
        return None
    spans = [_span(one) for one in value]
    return sorted(found) if len(found := [span for span in spans if span is not None]) == len(spans) else None


def _span(value: Any) -> Span | None:
    if isinstance(value, Mapping):
        value = [value.get("start"), value.get("end"), value.get("label", value.get("type", value.get("entity")))]
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 3:
        return None
    start, end, label = value
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in (start, end))
    if not whole or not isinstance(label, str) or not label.strip() or not 0 <= start < end:
        return None
    return Span(start, end, label.strip())


def write_spans(spans: Iterable[Span]) -> str:
    """The one form in which they are kept: ``[[0,5,"PER"]]``."""
    return json.dumps([list(span) for span in spans], ensure_ascii=False, separators=(",", ":"))


def without_overlap(spans: Iterable[Span]) -> list[Span]:
    """Of spans that overlap the longest, then the first: tags can mean one at a place."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept)
