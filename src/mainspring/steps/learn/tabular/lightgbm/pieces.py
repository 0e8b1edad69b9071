"""Pieces: the rows of a table, asked for by as many threads as there may be.

LightGBM has threads of its own, which wait for each other whenever one is done. On a machine that does something else
besides, that takes longer than a single thread does. These take the next rows and wait for nobody.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.cores import cores

Array = npt.NDArray[Any]
Ask = Callable[[Array], Array]

WORTH = 100_000
"""Walks of a row through a tree: for fewer, some two milliseconds, waking a further thread costs more than it saves."""
LARGEST = 2_048
"""Rows of a piece: more of them do not stay near the processor."""


def threads() -> int:
    """How many threads arithmetic may take here: as many as OpenMP is allowed, or as there are cores to use."""
    allowed = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if allowed.isdigit() and int(allowed):
        return int(allowed)
    return cores()


def in_pieces(ask: Ask, matrix: Array, trees: int) -> Array:
    """What ``ask`` answers to the rows of a matrix, which walk through so many trees, piece by piece, in their order. It must bear being
    asked by several threads."""
    worth = len(matrix) * trees // WORTH
    several = min(threads(), worth) if worth > 1 else 1
    if several < 2:
        return ask(matrix)
    size = min(LARGEST, ceil(len(matrix) / several))
    pieces = [matrix[at : at + size] for at in range(0, len(matrix), size)]
    with ThreadPoolExecutor(several) as pool:
        return np.concatenate(list(pool.map(ask, pieces)))
