"""Blend: the weighted mean of models' scores, calibrated. Light: loads the members it has and nothing that trains."""

import json
from collections.abc import Mapping, Sequence
from operator import mul
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, NamesWords, open_part
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.coverage import Coverage
from mainspring.steps.learn.blend.scope import OUT, Scope
from mainspring.steps.learn.blend.walk import Walk
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.scores import Floats
from mainspring.steps.learn.text.encoded.bank import Bank
from mainspring.steps.learn.text.rows import Blendable, Layout, Reads, Rows

FILE = "blend.json"


class Blend:
    """``weights`` sum to one. With a ``coverage`` answers have an interval or a set beside them, with a ``scope`` whether the row is
    out of it.

    Members share the features of ``card.input``, so that rows are made once for all of them; those that do not read take the numeric ones.
    """

    def __init__(
        self, card: ModelCard, members: Sequence[Blendable], weights: Sequence[float], calibration: Calibration,
        coverage: Coverage | None = None, scope: Scope | None = None,
    ) -> None:  # fmt: skip
        promised = card if coverage is None else coverage.promised(card)
        self.card = promised if scope is None else scope.promised(promised)
        self.coverage = coverage
        self.scope = scope
        self._plain = card
        self.members = tuple(members)
        self.weights = tuple(weights)
        self.calibration = calibration
        self._layout = Layout(card.input)
        self._walk = Walk(self.members, len(self._layout.numbers))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._plain, self.members, self.weights, self.calibration, self.coverage, self.scope)

    def scores(self, matrix: Floats) -> Floats:
        """Of rows of which only the numeric features (n × these) are known."""
        return self.scores_of(self._layout.unread(matrix))

    def scores_of(self, rows: Rows) -> Floats:
        if len(rows) == 1:
            return np.array([self._one(rows)])
        first, *others = zip(self._walk.many(rows), self.weights, strict=True)
        total = first[0] * first[1]
        for scores, weight in others:
            total = total + scores * weight
        return self.calibration.apply(total)

    def _one(self, rows: Rows) -> list[float]:
        parts = zip(*self._walk.one(rows), strict=True)
        return self.calibration.one([sum(map(mul, part, self.weights)) for part in parts])

    def contributions(self, matrix: Floats) -> Floats:
        return self.contributions_of(self._layout.unread(matrix))

    def contributions_of(self, rows: Rows) -> Floats:
        """The weighted mean of the members' contributions (the blend is of probabilities, so this is exact for numbers only)."""
        total = np.zeros((len(rows), len(self.card.input)))
        for member, weight in zip(self.members, self.weights, strict=True):
            if isinstance(member, Reads):
                total += member.contributions_of(rows) * weight
            else:
                total[:, self._layout.number_places] += member.contributions(rows.matrix) * weight
        return total

    def predict(self, table: pa.Table) -> pa.Table:
        rows = self._layout.rows(table)
        scores = self.scores_of(rows)
        beside = [] if self.coverage is None else self.coverage.beside(self.card, scores)
        if self.scope is not None:
            beside = [*beside, pa.array(self.scope.beside(rows, scores), pa.bool_())]
        return answers.answer_table(self.card, scores, beside)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        rows = self._layout.row(record)
        values = self._one(rows)
        answer = answers.answer_of(self.card, values)
        if self.coverage is not None:
            answer |= self.coverage.beside_one(self.card, values)
        if self.scope is not None:
            answer[OUT] = self.scope.beside(rows, np.array([values]))[0]
        return answer

    def predict_each(self, records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        rows = self._layout.rows_of(records)
        scores = self.scores_of(rows)
        values_of = scores.tolist()
        told = answers.answers_of(self.card, values_of)
        if self.coverage is not None:
            for answer, values in zip(told, values_of, strict=True):
                answer |= self.coverage.beside_one(self.card, values)
        if self.scope is not None:
            for answer, out in zip(told, self.scope.beside(rows, scores), strict=True):
                answer[OUT] = out
        return [*told]

    def explain(self, table: pa.Table) -> pa.Table:
        told = self.contributions_of(self._layout.rows(table))
        return pa.table({name: told[:, j] for j, name in enumerate(self.card.input.names)})

    def explain_one(self, record: Mapping[str, Any]) -> Mapping[str, float]:
        contributions = self.contributions_of(self._layout.row(record))
        return dict(zip(self.card.input.names, contributions[0].tolist(), strict=True))

    def words_of(self, record: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
        """What the members that name words say, by their weights."""
        total: dict[str, dict[str, float]] = {}
        for member, weight in zip(self.members, self.weights, strict=True):
            for column, words in (member.words_of(record) if isinstance(member, NamesWords) else {}).items():
                added = total.setdefault(column, {})
                for word, push in words.items():
                    added[word] = added.get(word, 0.0) + push * weight
        return total

    def save(self, folder: Path) -> None:
        for number, member in enumerate(self.members):
            (folder / str(number)).mkdir()
            member.save(folder / str(number))
        plain = {"weights": list(self.weights), "calibration": self.calibration.to_dict()}
        if self.coverage is not None:
            plain["coverage"] = self.coverage.to_dict()
        if self.scope is not None:
            plain["scope"] = self.scope.to_dict()
            if self.scope.bank is not None:
                self.scope.bank.save(folder)
        (folder / FILE).write_text(json.dumps(plain), encoding="utf-8")
        (folder / CARD).write_text(self._plain.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        plain = cast(dict[str, Any], json.loads((folder / FILE).read_text(encoding="utf-8")))
        members = [cast(Blendable, open_part(folder / str(i), kinds)) for i in range(len(plain["weights"]))]
        coverage = Coverage.from_dict(plain["coverage"]) if "coverage" in plain else None
        scope = Scope.from_dict(plain["scope"], Bank.open(folder)) if "scope" in plain else None
        return cls(card, members, plain["weights"], Calibration.from_dict(plain["calibration"]), coverage, scope)
