"""An XGBoost model: the booster in its own binary JSON format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import xgboost

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.scores import Floats

FILE = "model.ubj"


class XGBoostModel:
    """Boosted trees. Contributions are TreeSHAP values (Lundberg et al. 2020), in log-odds or the target's unit.

    XGBoost computes in 32 bits: probabilities are brought back to sum to one in 64.
    """

    def __init__(self, card: ModelCard, content: bytes, offset: float, tuned: Mapping[str, float]) -> None:
        self.card = card
        self.content = content
        self.offset = offset
        self.tuned = dict(tuned)
        self._booster = xgboost.Booster({"nthread": 1}, model_file=bytearray(content))

    def scores(self, matrix: Floats) -> Floats:
        raw = np.asarray(self._booster.inplace_predict(matrix, missing=np.nan), dtype=np.float64)
        if self.card.question == Question.NUMBER:
            return raw.reshape(-1, 1) + self.offset
        if raw.ndim == 1:
            return np.column_stack([1.0 - raw, raw])
        return raw / raw.sum(axis=1, keepdims=True)

    def contributions(self, matrix: Floats) -> Floats:
        raw = np.asarray(
            self._booster.predict(xgboost.DMatrix(matrix, nthread=1), pred_contribs=True), dtype=np.float64
        )
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
        np.save(folder / "offset.npy", np.array(self.offset), allow_pickle=False)
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        offset = float(np.load(folder / "offset.npy", allow_pickle=False))
        return cls(card, (folder / FILE).read_bytes(), offset, {})

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.content, self.offset, self.tuned)
