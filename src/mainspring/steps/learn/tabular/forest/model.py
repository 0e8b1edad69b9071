"""A forest: decision trees as flat arrays; the compiled engine walks them and adds up what their leaves hold, numpy for many classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.lightgbm.engine import Engine, together
from mainspring.steps.learn.tabular.lightgbm.text import Ints, Tree, model_text, widest
from mainspring.steps.learn.tabular.scores import Floats, Sums

FILE = "trees.npz"
PRESSED = 1
"""Of nine: the quickest."""
AT_ONCE = 2_000_000
"""Numbers of leaves averaged at once: keeps the working arrays small."""


@dataclass(frozen=True)
class Trees:
    """All nodes of all trees, tree after tree from ``starts`` on, parents before children; children are counted in their tree.

    ``value`` (nodes × outputs) is what the training rows of a node hold: shares of the classes, or the mean.
    """

    starts: Ints
    feature: npt.NDArray[np.int32]
    threshold: Floats
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    value: Floats

    def text(self, features: int) -> str:
        """The trees for the engine, which compares numbers of 64 bits."""
        ends = [*self.starts[1:].tolist(), len(self.feature)]
        parts = [slice(start, end) for start, end in zip(self.starts.tolist(), ends, strict=True)]
        return model_text([self._tree(part) for part in parts], features, 1)

    def _tree(self, part: slice) -> Tree:
        """Its leaves hold their share of the mean, so that trees add up to it; for classes that of the last one."""
        return Tree(
            self.feature[part].astype(np.int64), widest(self.threshold[part]), self.left[part].astype(np.int64),
            self.right[part].astype(np.int64), self.missing_left[part], self.value[part, -1] / len(self.starts),
            np.zeros(part.stop - part.start),
        )  # fmt: skip

    @property
    def parents(self) -> Ints:
        """Of each node its parent among all nodes; a root is its own."""
        starts = np.repeat(self.starts, np.diff([*self.starts.tolist(), len(self.feature)]))
        parents = np.arange(len(self.feature))
        inner = np.flatnonzero(self.left >= 0)
        for side in (self.left, self.right):
            parents[side[inner] + starts[inner]] = inner
        return parents


class ForestModel:
    """The average of trees, as scikit-learn's own prediction, which compares in 32 bits: thresholds are widened by the rounding.

    Contributions follow the path of each row (Saabas 2014), which costs microseconds where TreeSHAP of deep trees costs a
    second: what each split adds to the value of its node. For classes they are brought from probability to log-odds at the
    row's own probability.
    """

    def __init__(self, card: ModelCard, trees: Trees, tuned: Mapping[str, float]) -> None:
        self.card = card
        self.trees = trees
        self.tuned = dict(tuned)
        leaves = np.flatnonzero(trees.left < 0)
        self._leaves = leaves
        self._first = np.searchsorted(leaves, trees.starts)
        self._held = trees.value[leaves]
        self._parents = trees.parents
        self._blank = answers.blank_of(card.input)

    @cached_property
    def _engine(self) -> Engine:
        # Made when it is needed: where a blend walks the trees of its members together, that is for explanations only.
        return Engine(self.trees.text(len(self.card.input)), len(self.card.input))

    def scores(self, matrix: Floats) -> Floats:
        return self._many_classes(matrix) if self._held.shape[1] > 2 else self.of_sums(self._engine.raw(matrix))

    def sums(self) -> Sums | None:
        if self._held.shape[1] > 2:
            return None
        return Sums(1, trees=self.trees.text(len(self.card.input)), together=together)

    def of_sums(self, sums: Floats) -> Floats:
        return sums if self._held.shape[1] == 1 else np.concatenate([1.0 - sums, sums], axis=1)

    def of_one(self, sums: Sequence[float]) -> list[float]:
        return list(sums) if self._held.shape[1] == 1 else [1.0 - sums[0], sums[0]]

    def _many_classes(self, matrix: Floats) -> Floats:
        size = max(1, AT_ONCE // (len(self._first) * self._held.shape[1]))
        if len(matrix) <= size:
            return self._held[self._reached(matrix)].mean(axis=1)
        return np.concatenate([self._many_classes(matrix[at : at + size]) for at in range(0, len(matrix), size)])

    def _reached(self, matrix: Floats) -> Ints:
        """The leaf of each tree (n × trees), among all leaves."""
        return self._engine.leaves(matrix) + self._first

    def contributions(self, matrix: Floats) -> Floats:
        scores = self.scores(matrix)
        chosen = self._of_interest(scores)[:, None]
        added = np.zeros((len(matrix), len(self.card.input)))
        row = np.arange(len(matrix))[:, None]
        node = self._leaves[self._reached(matrix)]
        above = self._parents[node]
        while (above != node).any():
            moved = self.trees.value[node, chosen] - self.trees.value[above, chosen]
            np.add.at(added, (np.broadcast_to(row, node.shape), self.trees.feature[above]), moved)
            node, above = above, self._parents[above]
        added /= len(self._first)
        if self.card.question == Question.NUMBER:
            return added
        at = np.clip(np.take_along_axis(scores, chosen, axis=1), 0.02, 0.98)
        return added / (at * (1.0 - at))

    def _of_interest(self, scores: Floats) -> Ints:
        if self.card.question == Question.NUMBER:
            return np.zeros(len(scores), np.int64)
        if self.card.positive is not None:
            return np.full(len(scores), self.card.classes.index(self.card.positive), np.int64)
        return np.argmax(scores, axis=1)

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.predict(self, table)

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores(answers.row_of(record, self._blank)))

    def explain(self, table: pa.Table) -> pa.Table:
        return answers.explain(self, table)

    def save(self, folder: Path) -> None:
        # As numpy's savez_compressed, which cannot be told to press less hard: a third of the time, for a tenth more on disk.
        with ZipFile(folder / FILE, "w", ZIP_DEFLATED, compresslevel=PRESSED) as archive:
            for part in fields(Trees):
                with archive.open(f"{part.name}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, np.asanyarray(getattr(self.trees, part.name)), allow_pickle=False)
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            return cls(card, Trees(**{f.name: arrays[f.name] for f in fields(Trees)}), {})

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.trees, self.tuned)
