"""A LightGBM model: the booster in its own text format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import lightgbm
import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.scores import Floats

FILE = "model.txt"


class LightGBMModel:
    """Boosted trees. Contributions are TreeSHAP values (Lundberg et al. 2020), in log-odds or the target's unit."""

    def __init__(self, card: ModelCard, text: str, tuned: Mapping[str, float]) -> None:
        self.card = card
        self.text = text
        self.tuned = dict(tuned)
        self._booster = lightgbm.Booster(model_str=text)

    def scores(self, matrix: Floats) -> Floats:
        raw = np.asarray(self._booster.predict(matrix, num_threads=_threads(matrix)))
        if self.card.question == Question.CLASS and raw.ndim == 1:
            return np.column_stack([1.0 - raw, raw])
        return raw.reshape(len(matrix), -1)

    def contributions(self, matrix: Floats) -> Floats:
        raw = np.asarray(self._booster.predict(matrix, pred_contrib=True, num_threads=_threads(matrix))).reshape(
            len(matrix), -1, len(self.card.input) + 1
        )
        per_class = raw[:, :, :-1].transpose(0, 2, 1)
        if self.card.question == Question.NUMBER:
            return per_class[:, :, 0]
        if per_class.shape[2] == 1:
            return answers.toward_positive(self.card, per_class[:, :, 0])
        return answers.of_interest(self.card, per_class, self.scores(matrix))

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.predict_one(self, record)

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        (folder / FILE).write_text(self.text, encoding="utf-8")
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        return cls(card, (folder / FILE).read_text(encoding="utf-8"), {})

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.text, self.tuned)


def _threads(matrix: Floats) -> int:
    # Waking further threads costs more than a few rows do.
    return 1 if len(matrix) < 256 else 0
