"""Coverage: an interval, or a set of classes, that contains the truth in a declared share of cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.model import ModelCard, Question
from mainspring.steps.learn.tabular.scores import Floats


@dataclass(frozen=True, slots=True)
class Coverage:
    """``share`` of truths to be contained. ``reach`` is the half width of an interval in the target's unit, or how far below one
    a probability may lie for its class to be in the set; infinite where the rows were too few for the share.

    Where high answers are farther off than low ones, ``reach`` is in multiples of the usual error: the line through the corners
    ``at`` (answers) and ``error``.
    """

    share: float
    reach: float
    at: tuple[float, ...] = ()
    error: tuple[float, ...] = ()

    def promised(self, card: ModelCard) -> ModelCard:
        """The card with the columns that :meth:`beside` and :meth:`beside_one` add."""
        if card.question == Question.NUMBER:
            added = [pa.field("lower", pa.float64()), pa.field("upper", pa.float64())]
        else:
            added = [pa.field("set", pa.list_(card.answer.field("prediction").type))]
        return replace(card, answer=pa.schema([*card.answer, *added]))

    def beside(self, card: ModelCard, scores: Floats) -> list[pa.Array]:
        """The added columns of scores (n × k)."""
        if card.question == Question.NUMBER:
            reach = self._reach(scores[:, 0])
            return [pa.array(scores[:, 0] - reach), pa.array(scores[:, 0] + reach)]
        return [pa.array([self._set(card.classes, row) for row in scores.tolist()], card.answer.field("set").type)]

    def beside_one(self, card: ModelCard, values: Sequence[float]) -> dict[str, Any]:
        if card.question == Question.NUMBER:
            reach = float(self._reach(values[0])) if self.at else self.reach
            return {"lower": values[0] - reach, "upper": values[0] + reach}
        return {"set": self._set(card.classes, values)}

    def _reach(self, answers: Any) -> Any:
        return self.reach * np.interp(answers, self.at, self.error) if self.at else self.reach

    def _set(self, classes: Sequence[Any], chances: Sequence[float]) -> list[Any]:
        """The most probable class is always among them: an empty set would help nobody."""
        most = max(chances)
        return [label for label, p in zip(classes, chances, strict=True) if p == most or 1.0 - p <= self.reach]

    def to_dict(self) -> dict[str, Any]:
        reach = self.reach if np.isfinite(self.reach) else None
        corners = {"at": list(self.at), "error": list(self.error)} if self.at else {}
        return {"share": self.share, "reach": reach, **corners}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        reach = np.inf if plain["reach"] is None else plain["reach"]
        return cls(plain["share"], reach, tuple(plain.get("at", ())), tuple(plain.get("error", ())))
