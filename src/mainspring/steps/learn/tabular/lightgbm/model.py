"""Boosted trees of any maker, walked by one compiled engine: LightGBM's, XGBoost's and CatBoost's are the same kind of thing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.lightgbm.engine import Engine, together
from mainspring.steps.learn.tabular.lightgbm.symmetric import Symmetric, beside
from mainspring.steps.learn.tabular.lightgbm.text import averaged, outputs_of, widened
from mainspring.steps.learn.tabular.scores import Floats, Sums

TREES = "trees.txt"
SCALE = "scale.json"


@dataclass(frozen=True, slots=True)
class Scale:
    """How the trees' sums become scores: times ``size`` plus ``offset`` (one an output).

    ``narrow`` trees were grown on 32-bit numbers: for numbers as they are, their thresholds are widened by the rounding.
    """

    offset: tuple[float, ...] = (0.0,)
    size: float = 1.0
    narrow: bool = False


class BoostedModel:
    """``trees`` in LightGBM's text format. Contributions are TreeSHAP values, in log-odds or the target's unit."""

    def __init__(self, card: ModelCard, trees: str, scale: Scale, tuned: Mapping[str, float]) -> None:
        self.card = card
        self.trees = trees
        self.scale = scale
        self.tuned = dict(tuned)
        self.outputs = outputs_of(trees)
        """How many sums the trees make: the first tree adds to the first, the second to the second, …"""
        self._offset = np.array(scale.offset)
        self._offsets = np.broadcast_to(self._offset, (self.outputs,)).tolist()
        self._blank = answers.blank_of(card.input)

    @property
    def walked(self) -> str:
        """The trees for numbers of 64 bits."""
        return widened(self.trees) if self.scale.narrow else self.trees

    @cached_property
    def _engine(self) -> Engine:
        # Made when it is needed: where a blend walks the trees of its members together, that is for explanations only.
        return Engine(self.walked, len(self.card.input))

    @cached_property
    def _symmetric(self) -> Symmetric | None:
        return Symmetric.of(self.walked, self.outputs)

    def scores(self, matrix: Floats) -> Floats:
        return self.of_sums((self._symmetric or self._engine).raw(matrix))

    def sums(self) -> Sums:
        symmetric = self._symmetric
        if symmetric is not None:
            return Sums(self.outputs, trees=symmetric, together=beside)
        return Sums(self.outputs, trees=self.walked, together=together)

    def of_sums(self, sums: Floats) -> Floats:
        raw = sums * self.scale.size + self._offset
        return raw if self.card.question == Question.NUMBER else answers.probabilities(raw)

    def of_one(self, sums: Sequence[float]) -> list[float]:
        size = self.scale.size
        raw = [value * size + offset for value, offset in zip(sums, self._offsets, strict=True)]
        return raw if self.card.question == Question.NUMBER else answers.chances(raw)

    def contributions(self, matrix: Floats) -> Floats:
        per_output = self._engine.contributions(matrix) * self.scale.size
        return answers.one_a_feature(self.card, per_output, lambda: self.scores(matrix))

    def averaged(self, others: Sequence[Self]) -> Self:
        models = [self, *others]
        text = averaged([m.trees for m in models], [m.scale.size / self.scale.size / len(models) for m in models])
        offset = np.mean([m.scale.offset for m in models], axis=0)
        return type(self)(self.card, text, replace(self.scale, offset=tuple(offset.tolist())), self.tuned)

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        (folder / TREES).write_text(self.trees, encoding="utf-8")
        (folder / SCALE).write_text(json.dumps(asdict(self.scale)), encoding="utf-8")
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        plain = json.loads((folder / SCALE).read_text(encoding="utf-8"))
        scale = Scale(tuple(plain["offset"]), plain["size"], plain["narrow"])
        return cls(card, (folder / TREES).read_text(encoding="utf-8"), scale, {})

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.trees, self.scale, self.tuned)
