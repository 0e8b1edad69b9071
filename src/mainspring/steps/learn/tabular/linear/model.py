"""A linear model: logistic regression or least squares over designed columns, in numpy."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.row import row_weigher
from mainspring.steps.learn.tabular.scores import Floats, Sums

FILE = "weights.npz"


class LinearModel:
    """``weights`` (width × outputs) and ``intercept`` (outputs): one output for numbers and two classes, else one a class.

    Contributions are exact: weight times distance from the average training row.
    """

    def __init__(
        self,
        card: ModelCard,
        design: Design,
        weights: Floats,
        intercept: Floats,
        center: Floats,
        tuned: Mapping[str, float],
    ) -> None:
        self.card = card
        self.design = design
        self.weights = weights
        self.intercept = intercept
        self.center = center
        self.tuned = dict(tuned)
        self._blank = answers.blank_of(card.input)
        self._row = row_weigher(design, weights, intercept)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.design, self.weights, self.intercept, self.center, self.tuned)

    def scores(self, matrix: Floats) -> Floats:
        return self.of_sums(self._raw(matrix))

    def sums(self) -> Sums:
        return Sums(self.weights.shape[1], self._raw)

    def of_sums(self, sums: Floats) -> Floats:
        return sums if self.card.question == Question.NUMBER else answers.probabilities(sums)

    def of_one(self, sums: Sequence[float]) -> list[float]:
        return list(sums) if self.card.question == Question.NUMBER else answers.chances(sums)

    def _raw(self, matrix: Floats) -> Floats:
        if len(matrix) == 1 and self._row is not None:
            return np.array([[self._row(matrix[0].tolist())]])
        return self.design.weigh(matrix, self.weights) + self.intercept

    def contributions(self, matrix: Floats) -> Floats:
        parts = (self.design.apply(matrix) - self.center)[:, :, None] * self.weights[None]
        per_feature = np.zeros((len(self.card.input), len(matrix), parts.shape[2]))
        np.add.at(per_feature, self.design.origins, parts.transpose(1, 0, 2))
        per_feature = per_feature.transpose(1, 0, 2)
        return answers.one_a_feature(self.card, per_feature, lambda: self.scores(matrix))

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        parts = {"weights": self.weights, "intercept": self.intercept, "center": self.center}
        np.savez(folder / FILE, **parts, **self.design.to_arrays())
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            return cls(card, Design.from_arrays(arrays), arrays["weights"], arrays["intercept"], arrays["center"], {})
