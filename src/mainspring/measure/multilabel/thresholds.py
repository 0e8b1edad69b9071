"""Thresholds: from which probability on a label is said, so that all together do best by micro F1."""

import numpy as np
import numpy.typing as npt

from mainspring.measure.multilabel.agreement import Bools

Floats = npt.NDArray[np.float64]
ENOUGH = 20
"""True rows, and others, from which a label has a threshold of its own; a rarer one has the shared one."""
ROUNDS = 3
USUAL = 0.5
STEPS = 99


def best_thresholds(chances: Floats, true: Bools) -> Floats:
    """A threshold a label (k) for probabilities (rows × k) of such truths: the shared one that does best, then for each label that is
    not rare the one that does best beside the others, where that gains anything.
    """
    labels = chances.shape[1]
    if not len(chances) or not true.any():
        return np.full(labels, USUAL)
    grid = np.linspace(0.01, 0.99, STEPS)
    said = np.array([(chances >= one).sum(axis=0) for one in grid], np.int64)
    right = np.array([((chances >= one) & true).sum(axis=0) for one in grid], np.int64)
    support = int(true.sum())
    shared = _middle(2 * right.sum(axis=1) / (said.sum(axis=1) + support))
    chosen = np.full(labels, shared)
    own = (true.sum(axis=0) >= ENOUGH) & ((~true).sum(axis=0) >= ENOUGH)
    for _ in range(ROUNDS):
        before = chosen.copy()
        for k in np.flatnonzero(own).tolist():
            others = [j for j in range(labels) if j != k]
            right_there = int(right[chosen[others], others].sum())
            said_there = int(said[chosen[others], others].sum())
            reached = 2 * (right[:, k] + right_there) / np.maximum(1, said[:, k] + said_there + support)
            best = _middle(reached)
            if reached[best] > reached[chosen[k]]:
                chosen[k] = best
        if (chosen == before).all():
            break
    return grid[chosen]


def _middle(reached: Floats) -> int:
    """The place of the best; of several in a row that are as good the middle one, which chance moves least."""
    best = np.flatnonzero(reached >= reached.max() - 1e-12)
    run = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    longest = max(run, key=len)
    return int(longest[len(longest) // 2])
