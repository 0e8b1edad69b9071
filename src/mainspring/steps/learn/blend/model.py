"""Blend: the weighted mean of models' scores, calibrated. Light: loads the members it has and nothing that trains."""

import json
from collections.abc import Mapping, Sequence
from operator import mul
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, open_part
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.coverage import Coverage
from mainspring.steps.learn.blend.walk import Walk
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.scores import Floats, Scores

FILE = "blend.json"


class Blend:
    """``weights`` sum to one. With a ``coverage`` answers have an interval or a set beside them.

    Members share the features of ``card.input``, so the matrix is made once for all of them.
    """

    def __init__(
        self, card: ModelCard, members: Sequence[Scores], weights: Sequence[float], calibration: Calibration,
        coverage: Coverage | None = None,
    ) -> None:  # fmt: skip
        self.card = card if coverage is None else coverage.promised(card)
        self.coverage = coverage
        self._plain = card
        self.members = tuple(members)
        self.weights = tuple(weights)
        self.calibration = calibration
        self._blank = answers.blank_of(card.input)
        self._walk = Walk(self.members, len(card.input))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._plain, self.members, self.weights, self.calibration, self.coverage)

    def scores(self, matrix: Floats) -> Floats:
        if len(matrix) == 1:
            return np.array([self._one(matrix)])
        first, *others = zip(self._walk.many(matrix), self.weights, strict=True)
        total = first[0] * first[1]
        for scores, weight in others:
            total = total + scores * weight
        return self.calibration.apply(total)

    def _one(self, matrix: Floats) -> list[float]:
        parts = zip(*self._walk.one(matrix), strict=True)
        return self.calibration.one([sum(map(mul, part, self.weights)) for part in parts])

    def contributions(self, matrix: Floats) -> Floats:
        """The weighted mean of the members' contributions (the blend is of probabilities, so this is exact for numbers only)."""
        return np.sum([m.contributions(matrix) * w for m, w in zip(self.members, self.weights, strict=True)], axis=0)

    def predict(self, table: pa.Table) -> pa.Table:
        scores = self.scores(answers.matrix_of(table, self.card.input))
        return answers.answer_table(
            self.card, scores, () if self.coverage is None else self.coverage.beside(self.card, scores)
        )

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        values = self._one(answers.row_of(record, self._blank))
        answer = answers.answer_of(self.card, values)
        return answer if self.coverage is None else {**answer, **self.coverage.beside_one(self.card, values)}

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def explain_one(self, record: Mapping[str, Any]) -> Mapping[str, float]:
        contributions = self.contributions(answers.row_of(record, self._blank))
        return dict(zip(self._blank, contributions[0].tolist(), strict=True))

    def save(self, folder: Path) -> None:
        for number, member in enumerate(self.members):
            (folder / str(number)).mkdir()
            member.save(folder / str(number))
        plain = {"weights": list(self.weights), "calibration": self.calibration.to_dict()}
        if self.coverage is not None:
            plain["coverage"] = self.coverage.to_dict()
        (folder / FILE).write_text(json.dumps(plain), encoding="utf-8")
        (folder / CARD).write_text(self._plain.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        plain = cast(dict[str, Any], json.loads((folder / FILE).read_text(encoding="utf-8")))
        members = [cast(Scores, open_part(folder / str(i), kinds)) for i in range(len(plain["weights"]))]
        coverage = Coverage.from_dict(plain["coverage"]) if "coverage" in plain else None
        return cls(card, members, plain["weights"], Calibration.from_dict(plain["calibration"]), coverage)
