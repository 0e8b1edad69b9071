"""Rows: features with their texts, as learners and models that read take them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from mainspring.model import Model
from mainspring.steps.learn.tabular.answers import blank_of, matrix_of, row_of, rows_of
from mainspring.steps.learn.tabular.scores import Floats, Scores

Text = str | None


@dataclass(frozen=True, slots=True)
class Rows:
    """``matrix`` (n × numeric features) and, of each text feature in turn, its n ``texts``; None where missing."""

    matrix: Floats
    texts: tuple[Sequence[Text], ...] = ()

    def __len__(self) -> int:
        return len(self.matrix)


@runtime_checkable
class Reads(Model, Protocol):
    """A model that reads the texts of its rows. Features are those of ``card.input``: numbers and texts, each in that order."""

    def scores_of(self, rows: Rows) -> Floats:
        """Probabilities (n × classes, in the order of ``card.classes``), or values (n × 1)."""
        ...

    def contributions_of(self, rows: Rows) -> Floats:
        """What each feature of ``card.input`` added (n × features): log-odds of the positive or predicted class, or the target's unit."""
        ...


Blendable = Scores | Reads
"""What a search can blend."""


def widest(members: Sequence[Blendable]) -> Blendable:
    """The one with the most features: all take the numbers, those that read the texts too."""
    return max(members, key=lambda member: len(member.card.input))


class Layout:
    """Where numbers and texts stand among ``features``."""

    def __init__(self, features: pa.Schema) -> None:
        is_text = np.array([pa.types.is_string(field.type) for field in features], dtype=bool)
        self.numbers = pa.schema([field for field in features if not pa.types.is_string(field.type)])
        self.texts = tuple(field.name for field in features if pa.types.is_string(field.type))
        self.number_places, self.text_places = np.flatnonzero(~is_text), np.flatnonzero(is_text)
        self._blank = blank_of(self.numbers)

    def rows(self, table: pa.Table) -> Rows:
        there = set(table.column_names)
        texts = tuple(table.column(name).to_pylist() if name in there else [None] * len(table) for name in self.texts)
        return Rows(matrix_of(table, self.numbers), texts)

    def row(self, record: Mapping[str, Any]) -> Rows:
        return Rows(row_of(record, self._blank), tuple([record.get(name)] for name in self.texts))

    def rows_of(self, records: Sequence[Mapping[str, Any]]) -> Rows:
        """Those of :meth:`rows` of a table of these records."""
        texts = tuple([record.get(name) for record in records] for name in self.texts)
        return Rows(rows_of(records, self._blank), texts)

    def unread(self, matrix: Floats) -> Rows:
        """Rows of which only the numbers are known."""
        return Rows(matrix, tuple([None] * len(matrix) for _ in self.texts))


def scored(model: Model, features: pa.Table) -> Floats:
    """The scores (n × k) of a table of features, by a model of any kind that a search can blend."""
    if isinstance(model, Reads):
        return model.scores_of(Layout(model.card.input).rows(features))
    assert isinstance(model, Scores)  # those that do not read take a matrix
    return model.scores(matrix_of(features, model.card.input))
