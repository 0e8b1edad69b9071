"""Doubts: labels that may be wrong, told from out-of-fold probabilities (confident learning, Northcutt, Jiang & Chuang 2021)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Doubts:
    """``places`` of the doubtful rows, the surest to be wrong first, and the class number that is ``likely`` of each."""

    places: Ints
    likely: Ints


def doubts(chances: Floats, given: Ints) -> Doubts:
    """Of rows with out-of-fold probabilities (n × classes) and ``given`` class numbers (n).

    A row counts as confidently of a class where its probability reaches the mean of the rows that were given this class; it is doubtful
    where the likeliest such class is another than its own (an off-diagonal cell of the confident joint). They are ordered by how far the
    given class lies behind the likely one.
    """
    if not len(given):
        return Doubts(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    usual = np.full(chances.shape[1], np.inf)
    for k in np.unique(given):
        usual[k] = chances[given == k, k].mean()
    confident = np.where(chances >= usual, chances, -1.0)
    likely = confident.argmax(axis=1)
    rows = np.arange(len(given))
    doubtful = np.flatnonzero((confident[rows, likely] >= 0.0) & (likely != given))
    behind = chances[doubtful, likely[doubtful]] - chances[doubtful, given[doubtful]]
    order = doubtful[np.argsort(-behind, kind="stable")]
    order = order[chances[order, likely[order]] > chances[order, given[order]]]
    return Doubts(order, likely[order])
