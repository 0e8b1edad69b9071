"""Evaluation: how well a tagger finds spans in texts that it has not seen: whole spans as conlleval counts them, and word by word."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.errors import QualityError
from mainspring.measure.metrics import interval
from mainspring.measure.spans.agreement import macro, mixed_up, of_wholes, of_words
from mainspring.measure.spans.span import Span, read_spans
from mainspring.measure.spans.tags import OUTSIDE
from mainspring.model import Model
from mainspring.steps.learn.learner import Goal

_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\s\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
)
SHOWN = 20
AROUND = 60
"""Characters shown on both sides of a mistake."""


def evaluate_spans(model: Model, test: pa.Table, goal: Goal, *, shown: bool) -> dict[str, Any]:
    """Plain values, ready for JSON, of raw rows with their spans as JSON.

    ``metrics`` have 95 % bootstrap intervals over texts; ``entities`` and ``tags`` are rates a label and a tag; words are what blanks
    part, in Chinese characters. With ``shown``, ``mistakes`` quote the texts.

    Raises:
        QualityError: no row can be judged.
    """
    column = model.card.input.names[0]
    told = [read_spans(value) if value is not None else None for value in test.column(goal.target).to_pylist()]
    places = [place for place, spans in enumerate(told) if spans is not None]
    if not places:
        raise QualityError("there is no row to evaluate on", where=goal.target,
                           remedy="collect more rows, or keep more apart (learn.split.test)")  # fmt: skip
    rows = test.take(pa.array(places))
    texts = [text or "" for text in rows.column(column).to_pylist()]
    true = [told[place] or [] for place in places]
    found = [
        [Span(s["start"], s["end"], s["label"]) for s in spans]
        for spans in model.predict(rows)["prediction"].to_pylist()
    ]
    words = [_WORD.finditer(text) for text in texts]
    ends = [[(word.start(), word.end()) for word in of_text] for of_text in words]
    in_truth, in_answers = ([tags_of(e, s) for e, s in zip(ends, spans, strict=True)] for spans in (true, found))
    wholes, tags = of_wholes(true, found), of_words(in_truth, in_answers)
    return {
        "question": str(goal.question), "rows": len(texts), "metrics": _metrics(true, found, wholes, tags, goal.seed),
        "entities": [{"label": label, **rates.to_dict()} for label, rates in wholes.items()],
        "tags": [{"tag": tag, **rates.to_dict()} for tag, rates in tags.items()],
        "macro": {"entities": macro(wholes), "tags": macro(tags)}, "words": tags[""].support,
        "confusion": mixed_up(true, found), "mistakes": _mistakes(texts, true, found) if shown else [],
    }  # fmt: skip


def tags_of(words: Sequence[tuple[int, int]], spans: Sequence[Span]) -> list[str]:
    """The IOB2 tag of each word; one in which a span begins, wherever in it, begins it."""
    tags: list[str] = []
    at = 0
    for start, end in words:
        while at < len(spans) and spans[at].end <= start:
            at += 1
        inside = at < len(spans) and spans[at].start < end
        tags.append(f"{'B' if spans[at].start >= start else 'I'}-{spans[at].label}" if inside else OUTSIDE)
    return tags


def _metrics(
    true: Sequence[Sequence[Span]],
    found: Sequence[Sequence[Span]],
    wholes: dict[str, Any],
    tags: dict[str, Any],
    seed: int,
) -> dict[str, dict[str, Any]]:
    counts = np.array([(len(set(t) & set(f)), len(t), len(f)) for t, f in zip(true, found, strict=True)], np.float64)

    def f1(rows: Any) -> float:
        right, support, proposed = counts[rows].sum(axis=0)
        return float(2 * right / (support + proposed)) if support + proposed else 0.0

    low, high = interval(f1, len(counts), seed=seed)
    everything = wholes[""]
    plain = {
        "entity_precision": everything.precision, "entity_recall": everything.recall, "word_accuracy": tags[""].f1,
        "word_macro_f1": macro(tags)["f1"],
    }  # fmt: skip
    exact = {name: {"value": value, "low": None, "high": None} for name, value in plain.items()}
    return {"entity_f1": {"value": everything.f1, "low": low, "high": high}, **exact}


def _mistakes(
    texts: list[str], true: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]
) -> list[dict[str, str]]:
    """Of evenly spread texts the first mistake of each: what stands there, what it is, and what was found."""
    wrong = [n for n in range(len(texts)) if set(true[n]) != set(found[n])]
    places = np.unique(np.linspace(0, len(wrong) - 1, SHOWN).astype(int)).tolist() if wrong else []
    chosen = [wrong[place] for place in places]
    return [_mistake(texts[n], true[n], found[n]) for n in chosen]


def _mistake(text: str, true: Sequence[Span], found: Sequence[Span]) -> dict[str, str]:
    odd = min(set(true) ^ set(found))
    here = [span for span in true if span.start < odd.end and odd.start < span.end]
    there = [span for span in found if span.start < odd.end and odd.start < span.end]
    around = text[max(0, odd.start - AROUND) : odd.end + AROUND]
    return {"text": " ".join(around.split()), "true": _told(text, here), "found": _told(text, there)}


def _told(text: str, spans: Sequence[Span]) -> str:
    return "; ".join(f"{text[span.start : span.end]} ({span.label})" for span in spans) or "–"
