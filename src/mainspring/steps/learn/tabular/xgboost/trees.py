"""XGBoost's trees, read from its JSON, as trees for the engine."""

import json
from typing import Any

import numpy as np

from mainspring.steps.learn.tabular.lightgbm.text import Tree

BELOW = np.float32(-np.inf)


def trees_of(content: bytes) -> list[Tree]:
    """The trees of a saved booster, in the order in which they add to its outputs."""
    model = json.loads(content)["learner"]["gradient_booster"]["model"]
    return [_tree(plain) for plain in model["trees"]]


def _tree(plain: dict[str, Any]) -> Tree:
    left, right = (np.array(plain[side], dtype=np.int64) for side in ("left_children", "right_children"))
    # A leaf keeps its value where an inner node keeps its threshold.
    condition = np.array(plain["split_conditions"], dtype=np.float32)
    return Tree(
        feature=np.array(plain["split_indices"], dtype=np.int64),
        # XGBoost goes left below the threshold, the engine up to it: the last 32-bit number below is the same border.
        threshold=np.nextafter(condition, BELOW).astype(np.float64),
        left=left, right=right, missing_left=np.array(plain["default_left"], dtype=bool),
        value=condition.astype(np.float64), cover=np.array(plain["sum_hessian"], dtype=np.float64),
    )  # fmt: skip
