"""A line of features and of what is made of them, asked by the features alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, open_part
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.expanded.pairs import Pairs
from mainspring.steps.learn.tabular.expanded.waves import Waves
from mainspring.steps.learn.tabular.linear.model import LinearModel
from mainspring.steps.learn.tabular.scores import Floats

FILE = "expansion.npz"
INNER = "inner"
EXPANSIONS = {"pairs": Pairs, "waves": Waves}

Expansion = Pairs | Waves


class ExpandedModel:
    """``inner`` answers of what the ``expansion`` makes of a matrix; what each made column added is shared among its features."""

    def __init__(self, card: ModelCard, inner: LinearModel, expansion: Expansion) -> None:
        self.card = card
        self.inner = inner
        self.expansion = expansion
        self.tuned = inner.tuned
        self._blank = answers.blank_of(card.input)

    def scores(self, matrix: Floats) -> Floats:
        return self.inner.scores(self.expansion.expand(matrix))

    def contributions(self, matrix: Floats) -> Floats:
        added, width = self.inner.contributions(self.expansion.expand(matrix)), matrix.shape[1]
        return added[:, :width] + self.expansion.shared(added[:, width:], matrix)

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        (folder / INNER).mkdir()
        self.inner.save(folder / INNER)
        kind = next(name for name, made in EXPANSIONS.items() if isinstance(self.expansion, made))
        np.savez(folder / FILE, kind=np.array(kind), **self.expansion.to_arrays())
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            expansion = EXPANSIONS[str(arrays["kind"])].from_arrays(arrays)
        return cls(card, cast(LinearModel, open_part(folder / INNER, kinds)), expansion)
