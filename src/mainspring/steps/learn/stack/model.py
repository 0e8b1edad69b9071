"""A stack: the mean of members, and what a top makes of the features and of what each member answers. Of numbers."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, open_part
from mainspring.steps.learn.blend.walk import Walk
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.scores import Floats, Scores
from mainspring.steps.learn.text.rows import Rows

FILE, TOP = "stack.json", "top"


class StackedModel:
    """``weights`` of the ``members`` sum to one; ``share`` (0 to 1) is what the ``top`` has to say, the rest is their mean."""

    def __init__(
        self, card: ModelCard, members: Sequence[Scores], weights: Sequence[float], top: Scores, share: float
    ) -> None:
        self.card = card
        self.members = tuple(members)
        self.weights = tuple(weights)
        self.top = top
        self.share = share
        self._walk = Walk(self.members, len(card.input))
        self._blank = answers.blank_of(card.input)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.members, self.weights, self.top, self.share)

    def scores(self, matrix: Floats) -> Floats:
        parts = self._answered(matrix)
        return self._mean(parts) * (1.0 - self.share) + self.top.scores(beside(matrix, parts)) * self.share

    def contributions(self, matrix: Floats) -> Floats:
        """Those of the members' mean, and of the top; what an answer pushed there is shared among the features by how much each moved
        the members."""
        parts, width = self._answered(matrix), matrix.shape[1]
        mean = self._mean([member.contributions(matrix) for member in self.members])
        pushed = self.top.contributions(beside(matrix, parts))
        moved = np.abs(mean)
        total = moved.sum(axis=1, keepdims=True)
        shares = np.divide(moved, total, out=np.full_like(moved, 1.0 / max(1, width)), where=total > 0.0)
        of_top = pushed[:, :width] + pushed[:, width:].sum(axis=1, keepdims=True) * shares
        return mean * (1.0 - self.share) + of_top * self.share

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Any) -> Any:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        for name, part in (*((str(number), member) for number, member in enumerate(self.members)), (TOP, self.top)):
            (folder / name).mkdir()
            part.save(folder / name)
        (folder / FILE).write_text(json.dumps({"weights": self.weights, "share": self.share}), encoding="utf-8")
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        plain = cast(dict[str, Any], json.loads((folder / FILE).read_text(encoding="utf-8")))
        members = [cast(Scores, open_part(folder / str(number), kinds)) for number in range(len(plain["weights"]))]
        return cls(card, members, plain["weights"], cast(Scores, open_part(folder / TOP, kinds)), float(plain["share"]))

    def _answered(self, matrix: Floats) -> list[Floats]:
        """The values (n × 1) of each member."""
        rows = Rows(matrix)
        return [np.array([one]) for one in self._walk.one(rows)] if len(matrix) == 1 else [*self._walk.many(rows)]

    def _mean(self, parts: Iterable[Floats]) -> Floats:
        first, *others = (part * weight for part, weight in zip(parts, self.weights, strict=True))
        return sum(others, first)


def beside(matrix: Floats, parts: Sequence[Floats]) -> Floats:
    """The features (n × features) with what each member answered (n × 1)."""
    return np.concatenate([matrix, *parts], axis=1)
