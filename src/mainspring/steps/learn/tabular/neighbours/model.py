"""Nearest neighbours answering in numpy: what rows near by had, the nearer the more."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from scipy.spatial.distance import cdist

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.neighbours.kept import Kept
from mainspring.steps.learn.tabular.scores import Floats

FILE = "neighbours.npz"
AT_ONCE = 500_000
"""Distances that are held at a time."""
BEYOND, SAME = 1.05, 1e-4
"""The sphere ends a little beyond the k-th neighbour, so that those as far as it still count, and has some radius where all are one."""
PRIOR = 1.0
"""Rows at no distance that what all rows had counts for: a class that no neighbour had is unlikely, not impossible."""
LEAST = 1e-12


class NeighboursModel:
    """``stretch`` (width × m) turns designed columns into coordinates, ``k`` is how many of the kept rows are within the sphere.

    A neighbour counts by one less the share of the squared distance in the squared radius (Epanechnikov 1969), times the rows it
    stands for: the answer has no jump where one neighbour takes another's place. Contributions are what the answer moves by
    when a feature is as far as it is in the middle of all rows, in log-odds or the target's unit: they need not add up to it.
    """

    def __init__(
        self, card: ModelCard, design: Design, stretch: Floats, kept: Kept, k: int, tuned: Mapping[str, float]
    ) -> None:
        self.card = card
        self.design = design
        self.stretch = stretch
        self.kept = kept
        self.k = min(k, len(kept.places) - 1)
        self.tuned = dict(tuned)
        self._blank = answers.blank_of(card.input)
        self._told = kept.values * kept.counts[:, None]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.design, self.stretch, self.kept, self.k, self.tuned)

    def scores(self, matrix: Floats) -> Floats:
        places = self.design.weigh(matrix, self.stretch)
        return self._in_parts(lambda part: self._answer(_squared(part, self.kept.places)), places)

    def contributions(self, matrix: Floats) -> Floats:
        places = self.design.weigh(matrix, self.stretch)
        return self._in_parts(self._moved, places)

    def _answer(self, apart: Floats) -> Floats:
        """From squared distances (n × kept) what the neighbours had: probabilities (n × classes) or values (n × 1)."""
        reach = np.partition(apart, self.k, axis=1)[:, self.k, None] * BEYOND + SAME
        near = np.maximum(1.0 - apart / reach, 0.0)
        total = (near @ self.kept.counts)[:, None]
        if self.card.question == Question.NUMBER:
            return near @ self._told / total
        return (near @ self._told + PRIOR * self.kept.usual) / (total + PRIOR)

    def _moved(self, places: Floats) -> Floats:
        """What each feature moves (n × features)."""
        apart = _squared(places, self.kept.places)
        here = self._raw(self._answer(apart))
        moved = np.zeros((len(places), len(self.card.input), here.shape[1]))
        for feature in np.unique(self.kept.origins):
            own = self.kept.origins == feature
            kept = self.kept.places[:, own]
            center = np.tile(self.kept.center[own], (len(places), 1))
            changed = apart - _squared(places[:, own], kept) + _squared(center, kept)
            moved[:, feature] = here - self._raw(self._answer(np.maximum(changed, 0.0)))
        if self.card.question == Question.NUMBER:
            return moved[:, :, 0]
        if len(self.card.classes) == 2:
            return answers.toward_positive(self.card, moved[:, :, 1] - moved[:, :, 0])
        return answers.of_interest(self.card, moved, here)

    def _raw(self, scores: Floats) -> Floats:
        return scores if self.card.question == Question.NUMBER else np.log(np.maximum(scores, LEAST))

    def _in_parts(self, answer: Any, places: Floats) -> Floats:
        rows = max(1, AT_ONCE // len(self.kept.places))
        return np.concatenate([answer(places[at : at + rows]) for at in range(0, max(1, len(places)), rows)])

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        np.savez(folder / FILE, stretch=self.stretch, k=self.k, **self.kept.to_arrays(), **self.design.to_arrays())
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            kept = Kept.from_arrays(arrays)
            return cls(card, Design.from_arrays(arrays), arrays["stretch"], kept, int(arrays["k"]), {})


def _squared(places: Floats, kept: Floats) -> Floats:
    """Squared distances (n × kept), pair by pair: a row's are the same alone as among many, which those by products of matrices are not."""
    return np.asarray(cdist(places, kept, "sqeuclidean"), dtype=np.float64)
