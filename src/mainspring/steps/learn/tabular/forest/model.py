"""A forest: decision trees as flat arrays, walked level by level for all trees at once."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.scores import Floats

FILE = "trees.npz"
AT_ONCE = 400_000
"""Rows times trees walked at once: keeps the working arrays small."""


@dataclass(frozen=True)
class Trees:
    """All nodes of all trees. A leaf is its own child, so that walking ``depth`` levels ends in a leaf everywhere."""

    roots: npt.NDArray[np.int64]
    feature: npt.NDArray[np.int64]
    threshold: Floats
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    missing_left: npt.NDArray[np.bool_]
    value: Floats
    depth: int

    def step(self, row: npt.NDArray[np.int64], node: npt.NDArray[np.int64], matrix: npt.NDArray[np.float32]) -> Any:
        """One level down from ``node`` (rows × trees)."""
        seen = matrix[row, self.feature[node]]
        goes_left = seen <= self.threshold[node]
        if self.has_missing(matrix):
            goes_left |= np.isnan(seen) & self.missing_left[node]
        return np.where(goes_left, self.left[node], self.right[node])

    @staticmethod
    def has_missing(matrix: npt.NDArray[np.float32]) -> bool:
        return bool(np.isnan(matrix).any())


class ForestModel:
    """The average of trees, exact to scikit-learn's own prediction (which compares in 32 bits and so do we).

    Contributions follow the path of each row (Saabas 2014): what each split adds to the value of its node; for classes
    they are brought from probability to log-odds at the row's own probability.
    """

    def __init__(self, card: ModelCard, trees: Trees, tuned: Mapping[str, float]) -> None:
        self.card = card
        self.trees = trees
        self.tuned = dict(tuned)

    def scores(self, matrix: Floats) -> Floats:
        small = matrix.astype(np.float32)
        size = max(1, AT_ONCE // len(self.trees.roots))
        parts = [self._walk(small[start : start + size]) for start in range(0, len(small), size)]
        return np.concatenate(parts) if parts else np.zeros((0, self.trees.value.shape[1]))

    def _walk(self, matrix: npt.NDArray[np.float32]) -> Floats:
        row = np.arange(len(matrix))[:, None]
        node = np.broadcast_to(self.trees.roots, (len(matrix), len(self.trees.roots)))
        for _ in range(self.trees.depth):
            node = self.trees.step(row, node, matrix)
        return self.trees.value[node].mean(axis=1)

    def contributions(self, matrix: Floats) -> Floats:
        scores = self.scores(matrix)
        chosen = self._of_interest(scores)
        added = np.zeros((len(matrix), len(self.card.input)))
        small = matrix.astype(np.float32)
        row = np.arange(len(small))[:, None]
        node = np.broadcast_to(self.trees.roots, (len(small), len(self.trees.roots)))
        for _ in range(self.trees.depth):
            following = self.trees.step(row, node, small)
            moved = self.trees.value[following, chosen[:, None]] - self.trees.value[node, chosen[:, None]]
            np.add.at(added, (np.broadcast_to(row, node.shape), self.trees.feature[node]), moved)
            node = following
        added /= len(self.trees.roots)
        if self.card.question == Question.NUMBER:
            return added
        at = np.clip(scores[np.arange(len(scores)), chosen], 0.02, 0.98)
        return added / (at * (1.0 - at))[:, None]

    def _of_interest(self, scores: Floats) -> npt.NDArray[np.int64]:
        if self.card.question == Question.NUMBER:
            return np.zeros(len(scores), np.int64)
        if self.card.positive is not None:
            return np.full(len(scores), self.card.classes.index(self.card.positive), np.int64)
        return np.argmax(scores, axis=1)

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.predict_one(self, record)

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        parts = {f.name: np.asarray(getattr(self.trees, f.name)) for f in fields(Trees)}
        np.savez_compressed(folder / FILE, **parts)
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            parts = {f.name: arrays[f.name] for f in fields(Trees)}
        return cls(card, Trees(**{**parts, "depth": int(parts["depth"])}), {})
