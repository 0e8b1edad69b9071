"""Trees of features and of what two names mean together, asked by the features alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, open_part
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.lightgbm.model import BoostedModel
from mainspring.steps.learn.tabular.paired.means import PairMeans
from mainspring.steps.learn.tabular.scores import Floats

FILE = "means.npz"
INNER = "inner"


class PairedModel:
    """``inner`` answers of a matrix with the ``means`` of pairs beside it; what a pair added is shared by its two features."""

    def __init__(self, card: ModelCard, inner: BoostedModel, means: PairMeans) -> None:
        self.card = card
        self.inner = inner
        self.means = means
        self.tuned = inner.tuned
        self._blank = answers.blank_of(card.input)

    def scores(self, matrix: Floats) -> Floats:
        return self.inner.scores(self.means.expand(matrix))

    def contributions(self, matrix: Floats) -> Floats:
        added, width = self.inner.contributions(self.means.expand(matrix)), matrix.shape[1]
        return added[:, :width] + self.means.shared(added[:, width:], width)

    def averaged(self, others: Sequence[Self]) -> Self:
        return type(self)(self.card, self.inner.averaged([other.inner for other in others]), self.means)

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        (folder / INNER).mkdir()
        self.inner.save(folder / INNER)
        np.savez_compressed(folder / FILE, **self.means.to_arrays())
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            means = PairMeans.from_arrays(arrays)
        return cls(card, cast(BoostedModel, open_part(folder / INNER, kinds)), means)
