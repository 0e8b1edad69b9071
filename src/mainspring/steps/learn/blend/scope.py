"""Scope: whether a row is like those that were learned from, or asks for what no class stands for. Light: numpy alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa

from mainspring.model import ModelCard
from mainspring.steps.learn.tabular.scores import Floats
from mainspring.steps.learn.text.encoded.bank import Bank, Ints, vectors_of
from mainspring.steps.learn.text.rows import Rows

OUT = "out_of_scope"
Detector = Literal["likeliest", "margin", "entropy", "neighbours", "centres", "energy"]
OF_CHANCES: tuple[Detector, ...] = ("likeliest", "margin", "entropy")
OF_VECTORS: tuple[Detector, ...] = ("neighbours", "centres", "energy")


@dataclass(frozen=True)
class Scope:
    """A row whose familiarity is below the ``threshold`` is out of scope; the share ``keep`` of the rows learned from was not.

    ``likeliest``: the highest probability (Hendrycks & Gimpel 2017); ``margin``: over the second; ``entropy``: its negative;
    ``neighbours``: the mean cosine to the nearest vectors of the ``bank`` (Sun et al. 2022); ``centres``: the negative Mahalanobis
    distance to the nearest centre of a class (Lee et al. 2018); ``energy``: the negative free energy of a line over the vectors
    (Liu et al. 2020). ``compared``: detector → how surely it told rows of an unknown class
    apart (ROC AUC).
    """

    detector: Detector
    threshold: float
    keep: float
    bank: Bank | None = None
    compared: Mapping[str, float] = field(default_factory=dict[str, float])

    def promised(self, card: ModelCard) -> ModelCard:
        """The card with the column that :meth:`beside` adds."""
        return replace(card, answer=pa.schema([*card.answer, pa.field(OUT, pa.bool_())]))

    def beside(self, rows: Rows, chances: Floats) -> list[bool]:
        """Of each row whether it is out of scope; ``chances`` are its probabilities (n × classes)."""
        return (self.familiarity(rows, chances) < self.threshold).tolist()

    def familiarity(self, rows: Rows, chances: Floats) -> Floats:
        if self.bank is None or self.detector in OF_CHANCES:
            return certainty(self.detector, chances)
        vectors = vectors_of(self.bank.encoder, rows)
        return measures(self.bank)[self.detector](vectors, None)

    def to_dict(self) -> dict[str, Any]:
        return {
            "detector": self.detector,
            "threshold": self.threshold,
            "keep": self.keep,
            "compared": dict(self.compared),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any], bank: Bank | None) -> Self:
        return cls(plain["detector"], plain["threshold"], plain["keep"], bank, plain["compared"])


def measures(bank: Bank) -> Mapping[Detector, Callable[[Floats, Ints | None], Floats]]:
    """Detector → how familiar vectors (n × width) are, and as if the classes (n) were not known."""
    return {"neighbours": bank.nearness, "centres": bank.centrality, "energy": bank.energy}


def certainty(detector: str, chances: Floats) -> Floats:
    """How sure probabilities (n × classes) are of one class."""
    if detector == "likeliest":
        return chances.max(axis=1)
    if detector == "margin":
        two = np.partition(chances, -2, axis=1)[:, -2:]
        return two[:, 1] - two[:, 0]
    return (chances * np.log(np.maximum(chances, 1e-12))).sum(axis=1)


def without_own(chances: Floats, truth: Sequence[int]) -> Floats:
    """Probabilities as they would be if the row's own class were unknown: those of the others, in their shares."""
    others = np.array(chances)
    others[np.arange(len(others)), truth] = 0.0
    return others / np.maximum(others.sum(axis=1, keepdims=True), 1e-12)
