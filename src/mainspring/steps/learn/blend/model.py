"""Blend: the weighted mean of models' scores, calibrated. Light: loads the members it has and nothing that trains."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, open_part
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.scores import Floats, Scores

FILE = "blend.json"


class Blend:
    """``weights`` sum to one. Members share the features of ``card.input``, so the matrix is made once for all of them."""

    def __init__(
        self, card: ModelCard, members: Sequence[Scores], weights: Sequence[float], calibration: Calibration
    ) -> None:
        self.card = card
        self.members = tuple(members)
        self.weights = tuple(weights)
        self.calibration = calibration
        self._blank = answers.blank_of(card.input)

    def scores(self, matrix: Floats) -> Floats:
        first, *others = zip(self.members, self.weights, strict=True)
        total = first[0].scores(matrix) * first[1]
        for member, weight in others:
            total = total + member.scores(matrix) * weight
        return self.calibration.apply(total)

    def contributions(self, matrix: Floats) -> Floats:
        """The weighted mean of the members' contributions (the blend is of probabilities, so this is exact for numbers only)."""
        return np.sum([m.contributions(matrix) * w for m, w in zip(self.members, self.weights, strict=True)], axis=0)

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

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
        (folder / FILE).write_text(json.dumps(plain), encoding="utf-8")
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        plain = cast(dict[str, Any], json.loads((folder / FILE).read_text(encoding="utf-8")))
        members = [cast(Scores, open_part(folder / str(i), kinds)) for i in range(len(plain["weights"]))]
        return cls(card, members, plain["weights"], Calibration.from_dict(plain["calibration"]))
