"""QuickScorer: small trees answered without walking (Lucchese et al. 2015, "QuickScorer", SIGIR).

The leaves of a tree are bits, the leftmost first. A node that sends a row to the right puts the leaves on its left out of reach; the first
that is left, once all nodes have spoken, is where the row comes out. What the nodes of one feature leave hangs on its value alone, so that
it is looked up for all trees at once: in a table with a line for each interval between a feature's thresholds. Leaves are added in
LightGBM's order, and make its own sums to the last bit.
"""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.tabular.lightgbm.grown import Grown, grown
from mainspring.steps.learn.tabular.scores import Floats

Words = npt.NDArray[np.unsignedinteger[Any]]
Places = npt.NDArray[np.intp]
WORDS = (np.uint8, np.uint16, np.uint32, np.uint64)
"""Each holds the leaves of a tree as bits."""
MOST = 64
LARGEST = 32_000_000
"""Bytes of the table: a larger one does not stay near the processor, and counts as the model's memory."""
WIDE = 40
"""Bytes that the words of a tree, one for each feature, may have for each of its levels: a walk asks as many nodes as a tree has levels,
however many features there are."""
AT_ONCE = 131_072
"""Bytes of words that are worked on at once: they stay near the processor."""
FEW = 16
"""Rows that are looked at one by one: columns of so few cost more than they save."""
LEVELS, START, EACH = 0.75, 650, 35
"""One row costs as a walk through so many levels of each tree, and of so many trees of one level, and of so many more for each feature."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """The lines of a ``feature`` are those from ``first`` to ``last``: for each interval between its ``borders``, or where there are none
    for each category; the last is for what is missing, and for categories that no tree knows."""

    feature: int
    first: int
    last: int
    borders: Floats | None
    listed: list[float]

    def line(self, value: float) -> int:
        if self.borders is not None:
            return self.first + bisect_left(self.listed, value) if value == value else self.last
        return self.first + int(value) if -1.0 < value < self.last - self.first else self.last

    def lines(self, values: Floats, *, whole: bool) -> Places:
        """Those of many values; ``whole``: none is missing."""
        if self.borders is not None:
            found = self.first + np.searchsorted(self.borders, values, side="left")
            return found if whole else np.where(np.isnan(values), self.last, found)
        known = (values > -1.0) & (values < self.last - self.first)
        return np.where(known, self.first + np.where(known, values, 0.0).astype(np.intp), self.last)


class QuickScorer:
    """``table`` (lines × trees), and the ``values`` of the leaves (trees × leaves); the trees of each output follow those of the one before
    it, so many ``each``."""

    def __init__(self, axes: list[_Axis], table: Words, values: Floats, each: tuple[int, ...]) -> None:
        trees, leaves = values.shape
        self._axes, self._table, self._values = axes, table, values.ravel()
        # The bits up to and with the first that is set are counted: one more than its place.
        self._before = np.arange(trees) * leaves - 1
        self._one = table.dtype.type(1)
        self._ends = np.cumsum(each).tolist()
        self._even = len(set(each)) == 1
        self._rows = max(1, AT_ONCE // (trees * table.itemsize))
        self.alone = trees * (np.log2(leaves) - LEVELS) > START + EACH * len(axes)
        """Whether a single row is answered faster than by walking."""

    @classmethod
    def of(cls, text: str, outputs: int) -> Self | None:
        """Of trees in LightGBM's format; None where walking is faster, or where they ask what this knows nothing of."""
        trees = grown(text, outputs, MOST)
        if trees is None:
            return None
        word = next(kind for kind in WORDS if trees.leaves <= np.iinfo(kind).bits)
        asked = np.unique(trees.feature)
        if len(asked) * np.dtype(word).itemsize > WIDE * np.log2(trees.leaves):
            return None
        left = _bits(trees, word)
        axes, parts, first = list[_Axis](), list[Words](), 0
        for feature in asked.tolist():
            for is_category in (False, True):
                own = np.flatnonzero((trees.feature == feature) & (trees.is_category == is_category))
                if not len(own):
                    continue
                borders = None if is_category else np.unique(trees.threshold[own])
                lines = _known(trees, own) + 1 if borders is None else len(borders) + 2
                # Before it is made: a feature of many thresholds takes more than there is.
                if (first + lines) * len(trees.values) * np.dtype(word).itemsize > LARGEST:
                    return None
                part = _of_categories(trees, own, left) if borders is None else _of_intervals(trees, own, left, borders)
                last = first + lines - 1
                axes.append(_Axis(feature, first, last, borders, [] if borders is None else borders.tolist()))
                parts.append(part)
                first += lines
        return cls(axes, np.concatenate(parts), trees.values, trees.each)

    def raw(self, matrix: Floats) -> Floats:
        """Sums of the trees' leaf values (n × outputs) of a matrix (n × features)."""
        if len(matrix) <= FEW:
            lines = [[axis.line(row[axis.feature]) for axis in self._axes] for row in matrix.tolist()]
            return self._summed(np.bitwise_and.reduce(self._table.take(lines, axis=0), axis=1))
        sums, whole = np.empty((len(matrix), len(self._ends))), not np.isnan(matrix).any()
        lines = [axis.lines(np.ascontiguousarray(matrix[:, axis.feature]), whole=whole) for axis in self._axes]
        for at in range(0, len(matrix), self._rows):
            part = slice(at, at + self._rows)
            reached = self._table.take(lines[0][part], axis=0)
            for line in lines[1:]:
                reached &= self._table.take(line[part], axis=0)
            sums[part] = self._summed(reached)
        return sums

    def _summed(self, reached: Words) -> Floats:
        """The sums (n × outputs) of the first leaves within reach (n × trees)."""
        held = self._values.take(np.bitwise_count(reached ^ (reached - self._one)) + self._before)
        if self._even:
            return np.add.accumulate(held.reshape(len(held), len(self._ends), -1), axis=2)[:, :, -1]
        sums = np.zeros((len(held), len(self._ends)))
        for output, (first, end) in enumerate(pairwise([0, *self._ends])):
            if end > first:
                sums[:, output] = np.add.accumulate(held[:, first:end], axis=1)[:, -1]
        return sums


def _bits(trees: Grown, word: Any) -> Words:
    """Of each node the leaves that are not on its left."""
    left = (np.uint64(1) << trees.left.astype(np.uint64)) - np.uint64(1)
    return (~(left << trees.start.astype(np.uint64))).astype(word)


def _of_intervals(trees: Grown, own: Places, left: Words, borders: Floats) -> Words:
    """Of each interval, and of what is missing, the leaves that these nodes leave within reach (lines × trees)."""
    table = np.full((len(borders) + 2, len(trees.values)), np.iinfo(left.dtype).max, dtype=left.dtype)
    beyond = np.searchsorted(borders, trees.threshold[own]) + 1
    np.bitwise_and.at(table, (beyond, trees.tree[own]), left[own])
    np.bitwise_and.accumulate(table[:-1], axis=0, out=table[:-1])
    right = own[trees.missing_right[own]]
    np.bitwise_and.at(table[-1], trees.tree[right], left[right])
    return table


def _known(trees: Grown, own: Places) -> int:
    """One more than the greatest category that any of these nodes picks."""
    return max(trees.picked[node].bit_length() for node in own.tolist())


def _of_categories(trees: Grown, own: Places, left: Words) -> Words:
    """The same of each category, and of all others."""
    picked, count = [trees.picked[node] for node in own.tolist()], _known(trees, own)
    size = (count + 7) // 8
    bits = np.frombuffer(b"".join(each.to_bytes(size, "little") for each in picked), dtype=np.uint8).reshape(-1, size)
    goes_left = np.unpackbits(bits, axis=1, bitorder="little")[:, :count].astype(bool)
    table = np.full((count + 1, len(trees.values)), np.iinfo(left.dtype).max, dtype=left.dtype)
    node, category = np.nonzero(~np.column_stack([goes_left, np.zeros(len(own), dtype=bool)]))
    np.bitwise_and.at(table, (category, trees.tree[own[node]]), left[own[node]])
    return table
