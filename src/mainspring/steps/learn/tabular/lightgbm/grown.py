"""Grown: small trees of a text in LightGBM's format as arrays, their leaves numbered from left to right."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.tabular.lightgbm.text import MISSING_LEFT, NAN_IS_MISSING, blocks_of, fields_of
from mainspring.steps.learn.tabular.scores import Floats

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
CATEGORIES, ZERO_IS_MISSING = 1, 4
"""Bits of a node's ``decision_type``, beside those that the text's own room knows."""
NEAR_ZERO = float(np.float32(1e-35))
"""Numbers that are no farther from zero count as zero."""
WORD = 32
"""Categories in a number of ``cat_threshold``."""


@dataclass(frozen=True, slots=True)
class Grown:
    """Inner nodes, one after the other: ``tree`` is whose they are; a row goes left where its ``feature`` is at most ``threshold``, or one
    of the categories of ``picked`` (as bits) where ``is_category``, and otherwise right; and of those that miss the feature right where
    ``missing_right``. On its left are ``left`` leaves, from number ``start`` on. ``values`` (trees × most leaves) are the leaves'. Trees of
    an output follow those of the one before it: ``each`` says how many.
    """

    tree: Ints
    feature: Ints
    threshold: Floats
    is_category: Bools
    picked: Sequence[int]
    missing_right: Bools
    start: Ints
    left: Ints
    values: Floats
    each: tuple[int, ...]

    @property
    def leaves(self) -> int:
        """Of the tree that has most."""
        return self.values.shape[1]


def grown(text: str, outputs: int, most: int) -> Grown | None:
    """The trees of each output in turn; None where none asks anything, or one has more than ``most`` leaves or is of a kind that this
    does not read."""
    blocks = [fields_of(block) for block in blocks_of(text)]
    # Those that hold nothing stand in where one of several outputs has fewer trees.
    parts = [[block for block in blocks[output::outputs] if not _is_nothing(block)] for output in range(outputs)]
    plain = [block for part in parts for block in part]
    leaves = np.array([int(block["num_leaves"]) for block in plain], dtype=np.int64)
    if not len(leaves) or not 2 <= leaves.max() <= most or any(block["is_linear"] != "0" for block in plain):
        return None
    inner = leaves - 1
    tree = np.repeat(np.arange(len(leaves)), inner)
    node = np.arange(len(tree)) - np.repeat(np.cumsum(inner) - inner, inner)
    children = [_spread(plain, name, (tree, node), leaves) for name in ("left_child", "right_child")]
    there = np.arange(leaves.max() - 1)[None, :] < inner[:, None]
    if any(((side >= 0) & (side <= np.arange(side.shape[1])) & there).any() for side in children):
        return None  # a parent that comes after its child
    kind = _row(plain, "decision_type", np.int64)
    missing = kind & (ZERO_IS_MISSING | NAN_IS_MISSING)
    is_category, threshold = (kind & CATEGORIES) > 0, _beside_zero(_row(plain, "threshold", np.float64))
    if (~is_category & (missing == ZERO_IS_MISSING)).any():
        return None
    left, start, place = _places(children[0], children[1], there)
    values = np.zeros((len(leaves), leaves.max()))
    whose = np.repeat(np.arange(len(leaves)), leaves)
    number = np.arange(len(whose)) - np.repeat(np.cumsum(leaves) - leaves, leaves)
    values[whose, place[whose, number]] = _row(plain, "leaf_value", np.float64)
    # What is missing where nothing was counts as zero.
    missing_right = np.where(missing == NAN_IS_MISSING, kind & MISSING_LEFT == 0, threshold < 0.0) | is_category
    return Grown(
        tree, _row(plain, "split_feature", np.int64), threshold, is_category, _picked(plain, is_category, tree), missing_right,
        start[tree, node], left[tree, node], values, tuple(map(len, parts)),
    )  # fmt: skip


def _beside_zero(threshold: Floats) -> Floats:
    """For thresholds that what counts as zero is compared with as zero, those for the numbers as they are."""
    near = np.abs(threshold) <= NEAR_ZERO
    return np.where(near, np.where(threshold >= 0.0, NEAR_ZERO, np.nextafter(-NEAR_ZERO, -np.inf)), threshold)


def _is_nothing(block: dict[str, str]) -> bool:
    return block["num_leaves"] == "1" and float(block["leaf_value"]) == 0.0


def _row(plain: Sequence[dict[str, str]], name: str, kind: Any) -> npt.NDArray[Any]:
    return np.array(" ".join(block.get(name, "") for block in plain).split(), dtype=kind)


def _spread(plain: Sequence[dict[str, str]], name: str, at: tuple[Ints, Ints], leaves: Ints) -> Ints:
    """A child of each node (trees × nodes)."""
    told = np.full((len(leaves), max(1, leaves.max() - 1)), -1)
    told[at] = _row(plain, name, np.int64)
    return told


def _places(left: Ints, right: Ints, there: Bools) -> tuple[Ints, Ints, Ints]:
    """How many leaves are on the left of each node, and how many before its own (trees × nodes); and the place of each leaf, from left to
    right (trees × leaves). Leaf k is a child of number -(k + 1)."""
    trees, nodes = left.shape
    every = np.arange(trees)
    below, on_left = np.ones((trees, nodes), np.int64), np.ones((trees, nodes), np.int64)
    for node in range(nodes - 1, -1, -1):
        one, other = left[:, node], right[:, node]
        on_left[:, node] = np.where(one < 0, 1, below[every, np.maximum(one, 0)])
        below[:, node] = on_left[:, node] + np.where(other < 0, 1, below[every, np.maximum(other, 0)])
    start, place = np.zeros((trees, nodes), np.int64), np.zeros((trees, nodes + 1), np.int64)
    for node in range(nodes):
        for child, first in ((left[:, node], start[:, node]), (right[:, node], start[:, node] + on_left[:, node])):
            goes_on, ends = there[:, node] & (child >= 0), there[:, node] & (child < 0)
            start[every[goes_on], child[goes_on]] = first[goes_on]
            place[every[ends], -1 - child[ends]] = first[ends]
    return on_left, start, place


def _picked(plain: Sequence[dict[str, str]], is_category: Bools, tree: Ints) -> list[int]:
    """The categories of each node that go left, as bits; 0 of others."""
    if not is_category.any():
        return [0] * len(is_category)
    sets: list[list[int]] = []
    for block in plain:
        words = [int(one) for one in block.get("cat_threshold", "").split()]
        bounds = pairwise(int(one) for one in block.get("cat_boundaries", "").split())
        sets.append([sum(word << WORD * i for i, word in enumerate(words[first:end])) for first, end in bounds])
    # The threshold of such a node is the number of its set.
    numbers = _row(plain, "threshold", np.float64)
    return [
        sets[whose][int(number)] if picks else 0
        for whose, number, picks in zip(tree.tolist(), numbers.tolist(), is_category.tolist(), strict=True)
    ]
