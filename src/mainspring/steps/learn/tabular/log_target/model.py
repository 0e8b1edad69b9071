"""A model of the logarithm of the target, answering in the target's own unit."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, open_part
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.scores import Averages, Floats, Scores, Summed, Sums

FILE = "log_target.json"
BEYOND = 0.5
"""How far beyond the logarithms that were learned an answer may go: an exponential turns a small error there into a huge one."""


class LogTargetModel:
    """``inner`` answers ``log(y)``, or ``log1p(y / unit)`` where ``unit`` is not 0, within ``ends``; ``level`` is a factor of the answer.

    Contributions are the inner ones brought to the target's unit: they add up to the answer's distance from the usual one.
    """

    def __init__(
        self, card: ModelCard, inner: Scores, unit: float, ends: tuple[float, float], level: float, tuned: Mapping[str, float]
    ) -> None:  # fmt: skip
        self.card = card
        self.inner = inner
        self.unit = unit
        self.ends = ends
        self.level = level
        self.tuned = dict(tuned)
        self._blank = answers.blank_of(card.input)

    def leveled(self, level: float, tuned: Mapping[str, float]) -> Self:
        return type(self)(self.card, self.inner, self.unit, self.ends, level, tuned)

    def scores(self, matrix: Floats) -> Floats:
        return self._exponential(self.inner.scores(matrix))

    def sums(self) -> Sums | None:
        return self.inner.sums() if isinstance(self.inner, Summed) else None

    def of_sums(self, sums: Floats) -> Floats:
        return self._exponential(cast(Summed, self.inner).of_sums(sums))

    def of_one(self, sums: Sequence[float]) -> list[float]:
        raw = cast(Summed, self.inner).of_one(sums)[0]
        inside = min(max(raw, self.ends[0] - BEYOND), self.ends[1] + BEYOND)
        return [self.level * (math.exp(inside) if self.unit == 0.0 else self.unit * math.expm1(inside))]

    def contributions(self, matrix: Floats) -> Floats:
        added = self.inner.contributions(matrix)
        raw = self.inner.scores(matrix)
        total = added.sum(axis=1, keepdims=True)
        moved = self._exponential(raw) - self._exponential(raw - total)
        slope = self._exponential(raw) + self.level * self.unit
        return added * np.divide(moved, total, out=slope, where=np.abs(total) > 1e-12)

    def averaged(self, others: Sequence[Self]) -> Self:
        if not isinstance(self.inner, Averages):
            return self
        inner = cast(Scores, self.inner.averaged([other.inner for other in others]))
        return type(self)(self.card, inner, self.unit, self.ends, self.level, self.tuned)

    def _exponential(self, raw: Floats) -> Floats:
        inside = np.minimum(np.maximum(raw, self.ends[0] - BEYOND), self.ends[1] + BEYOND)
        return self.level * (np.exp(inside) if self.unit == 0.0 else self.unit * np.expm1(inside))

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        (folder / "inner").mkdir()
        self.inner.save(folder / "inner")
        plain = {"unit": self.unit, "ends": list(self.ends), "level": self.level}
        (folder / FILE).write_text(json.dumps(plain), encoding="utf-8")
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        plain = cast(dict[str, Any], json.loads((folder / FILE).read_text(encoding="utf-8")))
        inner = cast(Scores, open_part(folder / "inner", kinds))
        return cls(card, inner, plain["unit"], (plain["ends"][0], plain["ends"][1]), plain["level"], {})
