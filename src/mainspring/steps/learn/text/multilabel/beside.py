"""Beside: the columns beside the texts, numbers and categories, as lines weigh them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pyarrow as pa

from mainspring.errors import QualityError
from mainspring.model import Kinds, Transform, open_part
from mainspring.steps.learn.learner import Preparer
from mainspring.steps.learn.tabular.answers import blank_of, matrix_of, row_of
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.text.rows import Floats

TRANSFORM, DESIGN = "transform", "design.npz"
MOST_LEVELS = 30
"""Of a category that have a column of their own: there is a weight a label for each."""


class Beside:
    """What becomes of raw rows: features, and of these the columns (n × width) of a line."""

    def __init__(self, transform: Transform, design: Design) -> None:
        self.transform, self.design = transform, design
        self._blank = blank_of(transform.output)

    @classmethod
    def of(cls, train: pa.Table, preparer: Preparer | None) -> tuple[Self | None, Floats]:
        """Of training rows, and their columns; None and no column where nothing beside the texts can serve."""
        nothing = np.zeros((len(train), 0))
        if preparer is None:
            return None, nothing
        try:
            prepared = preparer.fit(train)
        except QualityError:
            return None, nothing
        features = prepared.transform.output
        matrix = matrix_of(prepared.train, features)
        categories = tuple(j for j, field in enumerate(features) if pa.types.is_integer(field.type))
        made = cls(prepared.transform, Design.of(matrix, categories, most=MOST_LEVELS))
        return made, made.design.apply(matrix)

    def many(self, table: pa.Table) -> Floats:
        return self.design.apply(matrix_of(self.transform.apply(table), self.transform.output))

    def one(self, record: Mapping[str, Any]) -> Floats:
        return self.design.apply(row_of(self.transform.apply_one(record), self._blank))

    def save(self, folder: Path) -> None:
        (folder / TRANSFORM).mkdir(parents=True)
        self.transform.save(folder / TRANSFORM)
        np.savez(folder / DESIGN, **self.design.to_arrays())

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        with np.load(folder / DESIGN, allow_pickle=False) as arrays:
            design = Design.from_arrays(arrays)
        return cls(cast(Transform, open_part(folder / TRANSFORM, kinds)), design)
