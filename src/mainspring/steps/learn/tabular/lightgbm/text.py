"""Text: decision trees of any origin in LightGBM's text format (version 4), so that one compiled engine walks them all."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

Ints = npt.NDArray[np.int64]

NAN_IS_MISSING = 8
MISSING_LEFT = 2
THRESHOLDS, SIZES, PER_STEP = "threshold=", "tree_sizes=", "\nnum_tree_per_iteration="
NOTHING = "num_leaves=1\nnum_cat=0\nsplit_feature=\nleaf_value=0\nis_linear=0\nshrinkage=1\n\n\n"


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes in arrays, parents before children, the root first; ``left`` and ``right`` are node numbers, negative at a leaf.

    A row goes left where its ``feature`` is at most ``threshold``, or missing and ``missing_left``. ``value`` counts at leaves;
    ``cover`` is how much of the training weighed there, which only explanations need.
    """

    feature: Ints
    threshold: npt.NDArray[np.float64]
    left: Ints
    right: Ints
    missing_left: npt.NDArray[np.bool_]
    value: npt.NDArray[np.float64]
    cover: npt.NDArray[np.float64]


def model_text(trees: Sequence[Tree], features: int, outputs: int) -> str:
    """The text of trees that add to each of ``outputs`` in turn: the first to the first, the second to the second, …"""
    return text_of([f"{_block(tree)}\n\n" for tree in trees], features, outputs)


def packed(texts: Sequence[str], outputs: Sequence[int], features: int) -> str:
    """One text of several: first the outputs of the first, then those of the second, …

    Where one has fewer trees than another, trees of one leaf that holds nothing stand in.
    """
    steps = [list(batched(blocks_of(text), count)) for text, count in zip(texts, outputs, strict=True)]
    longest = max(map(len, steps))
    for own, count in zip(steps, outputs, strict=True):
        own += [(NOTHING,) * count] * (longest - len(own))
    return text_of(
        [block for step in zip(*steps, strict=True) for part in step for block in part], features, sum(outputs)
    )


def batched(blocks: Sequence[str], count: int) -> Iterator[tuple[str, ...]]:
    """So many at a time."""
    return (tuple(blocks[at : at + count]) for at in range(0, len(blocks), count))


def blocks_of(text: str) -> list[str]:
    """What a text says of each tree, without its heading."""
    trees = text.partition("Tree=0\n")[2].partition("end of trees")[0]
    return re.split(r"Tree=\d+\n", trees) if trees else []


def fields_of(block: str) -> dict[str, str]:
    """What a text says of one tree, by the names of its lines."""
    return dict(line.split("=", 1) for line in block.split("\n") if line)


def outputs_of(text: str) -> int:
    """How many sums the trees of a text make."""
    return int(text.partition(PER_STEP)[2].partition("\n")[0])


def text_of(blocks: Sequence[str], features: int, outputs: int) -> str:
    """A text of what texts say of their trees, as :func:`blocks_of` gives it."""
    blocks = [f"Tree={number}\n{block}" for number, block in enumerate(blocks)]
    head = {
        "version": "v4", "num_class": outputs, "num_tree_per_iteration": outputs, "label_index": 0,
        "max_feature_idx": features - 1, "objective": "regression" if outputs == 1 else f"multiclass num_class:{outputs}",
        "feature_names": " ".join(f"f{j}" for j in range(features)),
        "feature_infos": " ".join(["[-inf:inf]"] * features), "tree_sizes": _row(len(block) for block in blocks),
    }  # fmt: skip
    lines = "\n".join(f"{key}={value}" for key, value in head.items())
    return f"tree\n{lines}\n\n{''.join(blocks)}end of trees\n\nparameters:\nend of parameters\n"


def averaged(texts: Sequence[str], shares: Sequence[float]) -> str:
    """One text whose trees add to the sum of all texts, each counted with its share. Outputs and features must be the same."""
    head, blocks = texts[0].partition("\nTree=0\n")[0], list[str]()
    for text, share in zip(texts, shares, strict=True):
        blocks += [_scaled(block, share) for block in blocks_of(text)]
    blocks = [f"Tree={number}\n{block}" for number, block in enumerate(blocks)]
    sizes = _row(len(block) for block in blocks)
    head = re.sub(r"^tree_sizes=.*$", f"tree_sizes={sizes}", head, flags=re.MULTILINE)
    return f"{head}\n{''.join(blocks)}end of trees\n\nparameters:\nend of parameters\n"


def _scaled(block: str, share: float) -> str:
    def scaled(line: re.Match[str]) -> str:
        return line[1] + _row(repr(float(value) * share) for value in line[2].split())

    return re.sub(r"^(leaf_value=|leaf_const=|leaf_coeff=)(.*)$", scaled, block, flags=re.MULTILINE)


def _block(tree: Tree) -> str:
    is_leaf = tree.left < 0
    inner, leaves = ~is_leaf, int(is_leaf.sum())
    # LightGBM numbers inner nodes and leaves apart, and writes a child that is leaf k as -(k + 1).
    number = np.where(is_leaf, 0 - np.cumsum(is_leaf), np.cumsum(inner) - 1)
    counts = _counts(tree)
    parts = {
        "num_leaves": leaves, "num_cat": 0,
        "split_feature": _numbers(tree.feature[inner]), "threshold": _numbers(tree.threshold[inner]),
        "decision_type": _numbers(NAN_IS_MISSING + MISSING_LEFT * tree.missing_left[inner]),
        "left_child": _numbers(number[tree.left[inner]]), "right_child": _numbers(number[tree.right[inner]]),
        "leaf_value": _numbers(tree.value[is_leaf]), "leaf_count": _numbers(counts[is_leaf]),
        "internal_count": _numbers(counts[inner]), "is_linear": 0, "shrinkage": 1,
    }  # fmt: skip
    return "\n".join(f"{key}={value}" for key, value in parts.items()) + "\n"


def _counts(tree: Tree) -> Ints:
    """Covers as whole numbers: at least one in each leaf, a parent the sum of its children, as exact explanations need it.

    Where none is given, nothing will be explained by them.
    """
    if not tree.cover.any():
        return np.ones(len(tree.cover), dtype=np.int64)
    share = 1_000_000.0 / max(float(tree.cover[0]), 1e-300)
    counts = np.maximum(1, np.rint(tree.cover * share)).astype(np.int64).tolist()
    left, right = tree.left.tolist(), tree.right.tolist()
    for node in range(len(counts) - 1, -1, -1):
        if left[node] >= 0:
            counts[node] = counts[left[node]] + counts[right[node]]
    return np.array(counts, dtype=np.int64)


def _row(values: Iterable[object]) -> str:
    return " ".join(map(str, values))


def _numbers(values: npt.NDArray[Any]) -> str:
    """To the last digit."""
    if not np.isfinite(values).all():
        return _row(map(repr, values.tolist()))
    # A forest has a million of them, and is written whenever it is opened: Python's own digits would take ten times as long.
    return (
        orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].replace(b",", b" ").decode()
    )


def widened(text: str) -> str:
    """The text of trees that compare numbers rounded to 32 bits, for the numbers as they are."""
    # Trees of other sizes are found by their headings; were the old sizes left in, the engine would read past them.
    lines = [line for line in text.split("\n") if not line.startswith(SIZES)]
    for at, line in enumerate(lines):
        if line.startswith(THRESHOLDS):
            found = np.array(line[len(THRESHOLDS) :].split(), dtype=np.float64)
            lines[at] = THRESHOLDS + _numbers(widest(found))
    return "\n".join(lines)


def widest(threshold: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """For thresholds that numbers rounded to 32 bits are compared with, those for the numbers as they are.

    Each is the greatest number that rounds (half to even) to at most the threshold; what lies beyond 32 bits counts as their end.
    """
    with np.errstate(over="ignore"):
        nearest = threshold.astype(np.float32)
        below = np.where(nearest > threshold, np.nextafter(nearest, np.float32(-np.inf)), nearest)
        above = np.nextafter(below, np.float32(np.inf))
        middle = 0.5 * below.astype(np.float64) + 0.5 * above.astype(np.float64)
        goes_up = middle.astype(np.float32) > below
    return np.where(goes_up & np.isfinite(middle), np.nextafter(middle, -np.inf), middle)
