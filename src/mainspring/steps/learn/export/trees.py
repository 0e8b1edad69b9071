"""Trees as one operation: LightGBM's text read into the flat arrays of ONNX's ``TreeEnsemble`` (in doubles, sets included)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.errors import ExportError
from mainspring.measure.graph import TREES, Graph, Wire

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CATEGORICAL, MISSING_LEFT, MISSING = 1, 2, 12
NO_MISSING, NAN_IS_MISSING = 0, 8
UP_TO, MEMBER = 0, 6
"""Ways of a node, as ``TreeEnsemble`` numbers them: to the left up to a threshold, or in a set."""
SUM = 1


@dataclass(frozen=True, slots=True)
class TextTree:
    """A tree of LightGBM's text: children are numbers of inner nodes, or -(k + 1) for leaf k."""

    feature: Ints
    threshold: Floats
    decision: Ints
    left: Ints
    right: Ints
    leaves: Floats
    set_bounds: Ints
    set_bits: Ints

    def members(self, node: int) -> Ints:
        """The category codes that go to the left at a categorical node."""
        number = int(self.threshold[node])
        words = self.set_bits[self.set_bounds[number] : self.set_bounds[number + 1]].astype(np.uint32)
        return np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))


def trees_in(text: str) -> list[TextTree]:
    """The trees of a model in LightGBM's text format (version 4)."""
    blocks = text.split("\nend of trees")[0].split("\nTree=")[1:]
    return [_tree(dict(line.split("=", 1) for line in block.splitlines()[1:] if "=" in line)) for block in blocks]


def _tree(plain: Mapping[str, str]) -> TextTree:
    if plain.get("is_linear", "0") != "0":
        raise ExportError(
            "trees with lines in their leaves cannot be exported to ONNX", remedy="learn without linear_tree"
        )
    return TextTree(
        _ints(plain, "split_feature"), np.array(plain.get("threshold", "").split(), np.float64), _ints(plain, "decision_type"),
        _ints(plain, "left_child"), _ints(plain, "right_child"), np.array(plain["leaf_value"].split(), np.float64),
        _ints(plain, "cat_boundaries"), _ints(plain, "cat_threshold"),
    )  # fmt: skip


def _ints(plain: Mapping[str, str], key: str) -> Ints:
    return np.array(plain.get(key, "").split(), np.int64)


def ensemble(graph: Graph, matrix: Wire, trees: Sequence[TextTree], held: Sequence[Floats], targets: Ints) -> Wire:
    """Sums (n × targets) of what the leaves hold: ``held`` has a value a leaf of each tree, which counts to the tree's target."""
    flat = [_flat(tree) for tree in trees]
    nodes = np.array([len(part["nodes_modes"]) for part in flat])
    leaves = np.array([len(values) for values in held])
    first_node, first_leaf = np.cumsum(nodes) - nodes, np.cumsum(leaves) - leaves
    joined = {name: np.concatenate([part[name] for part in flat]) for name in flat[0]}
    for side in ("true", "false"):
        is_leaf = joined[f"nodes_{side}leafs"].astype(bool)
        start = np.where(is_leaf, np.repeat(first_leaf, nodes), np.repeat(first_node, nodes))
        joined[f"nodes_{side}nodeids"] = joined[f"nodes_{side}nodeids"] + start
    members = joined.pop("members")
    sets = {"membership_values": members} if len(members) else {}
    tensors = {"nodes_modes": joined.pop("nodes_modes"), "nodes_splits": joined.pop("nodes_splits"), **sets}
    return graph.add(
        "TreeEnsemble", matrix, domain=TREES, n_targets=int(targets.max()) + 1, aggregate_function=SUM, post_transform=0,
        tree_roots=first_node.tolist(), leaf_targetids=np.repeat(targets, leaves).tolist(),
        leaf_weights=np.concatenate(held), **tensors, **{name: values.tolist() for name, values in joined.items()},
    )  # fmt: skip


def _flat(tree: TextTree) -> dict[str, npt.NDArray[np.generic]]:
    """The nodes of one tree, numbered from 0; of a tree that is a leaf, one that leads there either way."""
    if not len(tree.feature):
        tree = TextTree(
            np.zeros(1, np.int64), np.zeros(1), np.array([NAN_IS_MISSING]), np.array([-1]), np.array([-1]), tree.leaves,
            tree.set_bounds, tree.set_bits,
        )  # fmt: skip
    by_set = (tree.decision & CATEGORICAL) > 0
    members = [np.append(tree.members(node).astype(np.float64), np.nan) for node in np.flatnonzero(by_set).tolist()]
    return {
        "nodes_modes": np.where(by_set, MEMBER, UP_TO).astype(np.uint8),
        "nodes_featureids": tree.feature,
        "nodes_splits": np.where(by_set, 0.0, tree.threshold),
        "nodes_missing_value_tracks_true": _missing_left(tree, by_set).astype(np.int64),
        **_side("true", tree.left),
        **_side("false", tree.right),
        "members": np.concatenate(members) if members else np.zeros(0),
    }


def _side(name: str, child: Ints) -> dict[str, npt.NDArray[np.generic]]:
    is_leaf = child < 0
    return {
        f"nodes_{name}nodeids": np.where(is_leaf, -child - 1, child),
        f"nodes_{name}leafs": is_leaf.astype(np.int64),
    }


def _missing_left(tree: TextTree, by_set: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Where NaN goes to the left: as declared, or as zero would where the tree knows of no missing values."""
    missing = tree.decision & MISSING
    if not np.isin(missing[~by_set], (NO_MISSING, NAN_IS_MISSING)).all():
        raise ExportError(
            "trees that take zero for missing cannot be exported to ONNX", remedy="learn without zero_as_missing"
        )
    declared = (tree.decision & MISSING_LEFT) > 0
    return np.where(missing == NAN_IS_MISSING, declared, tree.threshold >= 0.0) & ~by_set
