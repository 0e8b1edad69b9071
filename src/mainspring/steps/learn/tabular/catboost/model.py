"""A CatBoost model in its own binary format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import catboost
import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.scores import Floats

FILE = "model.cbm"


class CatBoostModel:
    """Boosted symmetric trees. Contributions are SHAP values, in log-odds or the target's unit."""

    def __init__(self, card: ModelCard, content: bytes, tuned: Mapping[str, float]) -> None:
        self.card = card
        self.content = content
        self.tuned = dict(tuned)
        self._model = catboost.CatBoost().load_model(blob=content, format="cbm")

    def scores(self, matrix: Floats) -> Floats:
        if not len(matrix):
            return np.zeros((0, max(1, len(self.card.classes))))
        kind = "RawFormulaVal" if self.card.question == Question.NUMBER else "Probability"
        raw = np.asarray(self._model.predict(matrix, prediction_type=kind, thread_count=1), dtype=np.float64)
        return raw.reshape(len(matrix), -1)

    def contributions(self, matrix: Floats) -> Floats:
        if not len(matrix):
            return np.zeros((0, len(self.card.input)))
        pool = catboost.Pool(matrix)
        raw = np.asarray(self._model.get_feature_importance(pool, type="ShapValues", thread_count=1), dtype=np.float64)
        if raw.ndim == 2:
            added = raw[:, :-1]
            return added if self.card.question == Question.NUMBER else answers.toward_positive(self.card, added)
        return answers.of_interest(self.card, raw[:, :, :-1].transpose(0, 2, 1), self.scores(matrix))

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.predict_one(self, record)

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        (folder / FILE).write_bytes(self.content)
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        return cls(card, (folder / FILE).read_bytes(), {})

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.content, self.tuned)
