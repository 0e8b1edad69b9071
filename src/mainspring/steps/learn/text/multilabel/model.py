"""A model of several labels at once: texts in, the labels that hold out, and how probable each is. Light: loads no trainer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.errors import Tampered
from mainspring.model import CARD, Kinds, ModelCard
from mainspring.steps.learn.text.multilabel.beside import Beside
from mainspring.steps.learn.text.multilabel.columns import as_text, texts_of
from mainspring.steps.learn.text.multilabel.sight import SIGHTS, Sight, Weights
from mainspring.steps.learn.text.rows import Floats, Text

SETTINGS, WEIGHTS, BESIDE = "labels.json", "weights.npz", "beside"
FORMAT = 2
ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Member:
    """Lines (``weights``: width × labels, ``intercept``: labels) over what a sight sees, and their ``share`` in the model's answer."""

    sight: Sight
    weights: Weights
    intercept: Floats
    share: float

    def chances(self, texts: Sequence[Sequence[Text]], beside: Floats) -> Floats:
        """Of texts (columns × n) and the columns beside them (n × width)."""
        width = self.sight.width
        raw = self.sight.weigh(texts, self.weights[:width]) + self.intercept
        if beside.shape[1]:
            # Row by row, as one alone is asked: the order of adding is not to hang on who stands beside.
            raw = raw + np.array([row @ self.weights[width:] for row in beside])
        return 1.0 / (1.0 + np.exp(-np.clip(raw, -700.0, 700.0)))


class OneVsRestModel:
    """Answers ``prediction``, the labels whose probability reaches their threshold (labels), and each label's probability, of the texts
    in ``columns`` and what stands ``beside`` them. Thread-safe."""

    def __init__(
        self, card: ModelCard, columns: Sequence[str], members: Sequence[Member], thresholds: Floats, beside: Beside | None = None,
    ) -> None:  # fmt: skip
        self.card, self.columns, self.members, self.thresholds = card, tuple(columns), tuple(members), thresholds
        self.beside = beside

    def chances(self, texts: Sequence[Sequence[Text]], beside: Floats) -> Floats:
        """The probability of each label (n × labels), of texts (columns × n) and the columns beside them (n × width)."""
        rows = len(beside)
        told = np.zeros((rows, len(self.card.classes)))
        for first in range(0, rows, ROWS_AT_ONCE):
            some = slice(first, first + ROWS_AT_ONCE)
            part = [column[some] for column in texts]
            told[some] = sum(member.share * member.chances(part, beside[some]) for member in self.members)
        return told

    def predict(self, table: pa.Table) -> pa.Table:
        beside = np.zeros((len(table), 0)) if self.beside is None else self.beside.many(table)
        told = self.chances(texts_of(table, self.columns), beside)
        answers = pa.array([self._said(row) for row in told], self.card.answer.field(0).type)
        return pa.table([answers, *(pa.array(told[:, k]) for k in range(told.shape[1]))], schema=self.card.answer)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        beside = np.zeros((1, 0)) if self.beside is None else self.beside.one(record)
        told = self.chances([[as_text(record.get(name))] for name in self.columns], beside)[0]
        return {"prediction": self._said(told), **dict(zip(self.card.chances, told.tolist(), strict=True))}

    def _said(self, chances: Floats) -> list[str]:
        return [str(self.card.classes[k]) for k in np.flatnonzero(chances >= self.thresholds)]

    def save(self, folder: Path) -> None:
        members = [{"sight": member.sight.name, "share": member.share} for member in self.members]
        plain = {"format": FORMAT, "columns": self.columns, "thresholds": self.thresholds.tolist(), "members": members}
        (folder / SETTINGS).write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
        for number, member in enumerate(self.members):
            place = folder / f"member_{number}"
            place.mkdir()
            member.sight.save(place)
            np.savez(place / WEIGHTS, weights=member.weights, intercept=member.intercept)
        if self.beside is not None:
            self.beside.save(folder / BESIDE)
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        """Raises MissingExtra, LearnError: its encoder is not here; Tampered: the format is newer, or what stands there cannot be read."""
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        try:
            plain = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
            made, columns, thresholds = int(plain["format"]), tuple(plain["columns"]), np.array(plain["thresholds"])
            named = [(SIGHTS[one["sight"]], float(one["share"])) for one in plain["members"]]
        except (ValueError, KeyError, TypeError) as error:
            raise Tampered("the model has no readable settings", where=str(folder), remedy="learn it again") from error
        if made > FORMAT:
            raise Tampered(f"the model has format {made}, this release reads up to {FORMAT}", where=str(folder),
                           remedy="upgrade mainspring, or learn the model again with this release")  # fmt: skip
        members: list[Member] = []
        for number, (sight, share) in enumerate(named):
            place = folder / f"member_{number}"
            with np.load(place / WEIGHTS, allow_pickle=False) as arrays:
                members.append(Member(sight.open(place), arrays["weights"], arrays["intercept"], share))
        beside = Beside.open(folder / BESIDE, kinds) if (folder / BESIDE).is_dir() else None
        return cls(card, columns, members, thresholds, beside)
