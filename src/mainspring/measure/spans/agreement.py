"""Agreement: how well found spans agree with true ones, by whole spans as conlleval counts them, and word by word."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.measure.spans.tags import OUTSIDE


@dataclass(frozen=True, slots=True)
class Rates:
    """``support`` true ones, ``found`` ones, ``right`` ones."""

    support: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.support if self.support else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.found + self.support) if self.found + self.support else 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "support": self.support,
            "found": self.found,
        }


def of_wholes(
    true: Sequence[Iterable[tuple[int, int, str]]], found: Sequence[Iterable[tuple[int, int, str]]]
) -> dict[str, Rates]:
    """Label → rates of spans, right where both ends and the label are; ``""`` is all labels together (micro)."""
    support, proposed, right = Counter[str](), Counter[str](), Counter[str]()
    for ours, theirs in zip(true, found, strict=True):
        here, there = set(ours), set(theirs)
        support.update(label for *_, label in here)
        proposed.update(label for *_, label in there)
        right.update(label for *_, label in here & there)
    labels = sorted(support | proposed)
    rates = {label: Rates(support[label], proposed[label], right[label]) for label in labels}
    return {**rates, "": Rates(support.total(), proposed.total(), right.total())}


def of_words(true: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> dict[str, Rates]:
    """Tag → rates of words, ``O`` included; ``""`` is all words together, whose precision, recall and F1 are the accuracy."""
    pairs = Counter((t, f) for ours, theirs in zip(true, found, strict=True) for t, f in zip(ours, theirs, strict=True))
    support, proposed = Counter[str](), Counter[str]()
    for (t, f), count in pairs.items():
        support[t] += count
        proposed[f] += count
    tags = sorted(support | proposed, key=in_order)
    rates = {tag: Rates(support[tag], proposed[tag], pairs[tag, tag]) for tag in tags}
    right = sum(rate.right for rate in rates.values())
    return {**rates, "": Rates(support.total(), proposed.total(), right)}


def in_order(tag: str) -> tuple[bool, str, str]:
    """B- and I- of a label together, O last."""
    return tag == OUTSIDE, tag[2:], tag


def macro(rates: Mapping[str, Rates]) -> dict[str, float]:
    """The plain means over labels (or tags) that have any support."""
    seen = [rate for name, rate in rates.items() if name and rate.support]
    count = max(1, len(seen))
    return {
        "precision": sum(rate.precision for rate in seen) / count, "recall": sum(rate.recall for rate in seen) / count,
        "f1": sum(rate.f1 for rate in seen) / count,
    }  # fmt: skip


def mixed_up(
    true: Sequence[Iterable[tuple[int, int, str]]], found: Sequence[Iterable[tuple[int, int, str]]]
) -> dict[str, Any]:
    """A matrix of true labels (rows) by found ones over spans with the same ends; ``O`` stands for none."""
    pairs: Counter[tuple[str, str]] = Counter()
    for ours, theirs in zip(true, found, strict=True):
        here = {(start, end): label for start, end, label in ours}
        there = {(start, end): label for start, end, label in theirs}
        pairs.update((label, there.get(place, OUTSIDE)) for place, label in here.items())
        pairs.update((OUTSIDE, label) for place, label in there.items() if place not in here)
    labels = [*sorted({name for pair in pairs for name in pair} - {OUTSIDE}), OUTSIDE]
    return {"labels": labels, "counts": [[pairs[row, column] for column in labels] for row in labels]}
