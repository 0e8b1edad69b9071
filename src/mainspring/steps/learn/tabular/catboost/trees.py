"""CatBoost's symmetric trees, read from its JSON, as trees for the engine."""

import json
from typing import Any

import numpy as np

from mainspring.steps.learn.tabular.lightgbm.text import Ints, Tree
from mainspring.steps.learn.tabular.scores import Floats


def trees_of(content: bytes, start: Floats, present: Ints) -> tuple[list[Tree], Floats]:
    """The trees of a saved model, those of one step for each output in turn, and what to add to each output.

    Boosting began at ``start`` (outputs), of which ``present`` were trained.
    """
    model = json.loads(content)
    missing_left = {
        feature["feature_index"]: feature["nan_value_treatment"] != "AsTrue"
        for feature in model["features_info"]["float_features"]
    }
    scale, added = model["scale_and_bias"]
    bias = start.copy()
    bias[present] += added
    trees: list[Tree] = []
    for plain in model["oblivious_trees"]:
        values = np.zeros((len(plain["leaf_weights"]), len(start)))
        values[:, present] = scale * np.array(plain["leaf_values"]).reshape(len(values), len(present))
        trees += _trees(plain, values, missing_left)
    return trees, bias


def _trees(plain: dict[str, Any], values: Floats, missing_left: dict[int, bool]) -> list[Tree]:
    splits = plain["splits"] or []
    depth = len(splits)
    inner, leaves = 2**depth - 1, 2**depth
    level = np.repeat(np.arange(depth), 2 ** np.arange(depth))
    feature = np.array([split["float_feature_index"] for split in splits], dtype=np.int64)[level]
    # The decimal digits of the file stand for a number of 32 bits.
    border = np.array([split["border"] for split in splits], dtype=np.float32).astype(np.float64)[level]
    node = np.arange(inner + leaves)
    # A leaf is numbered with the answer to the first split as its lowest bit; from left to right it is the highest.
    order = np.array([int(format(leaf, f"0{depth}b")[::-1], 2) if depth else 0 for leaf in range(leaves)])
    cover = _upwards(np.array(plain["leaf_weights"], dtype=np.float64)[order])
    is_leaf = node >= inner
    none = np.zeros(leaves)
    return [
        Tree(
            feature=np.append(feature, none.astype(np.int64)), threshold=np.append(border, none),
            left=np.where(is_leaf, -1, 2 * node + 1), right=np.where(is_leaf, -1, 2 * node + 2),
            missing_left=np.append([missing_left[j] for j in feature.tolist()], none).astype(bool),
            value=np.append(np.zeros(inner), value), cover=cover,
        )
        for value in values[order].T
    ]  # fmt: skip


def _upwards(leaves: Floats) -> Floats:
    """Weights of the nodes of a full binary tree, the root first, from those of its leaves."""
    levels = [leaves]
    while len(levels[0]) > 1:
        levels.insert(0, levels[0].reshape(-1, 2).sum(axis=1))
    return np.concatenate(levels)
