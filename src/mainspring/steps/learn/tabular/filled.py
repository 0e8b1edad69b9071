"""Filled: the number columns of a matrix without what is missing, and within bounds."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.tabular.scores import Floats


def filled(
    matrix: Floats, numbers: npt.NDArray[np.int64], median: Floats, ends: tuple[Floats, Floats]
) -> tuple[Floats, npt.NDArray[Any]]:
    """Of a matrix (n × features) the columns ``numbers``, each with its ``median`` where it is missing or infinite and no further than
    its ``ends``; and where that was (both n × numbers).
    """
    part = matrix.take(numbers, axis=1)
    missing = np.isfinite(part)
    # In place: of one row, making an array costs as much as what is done with it.
    np.logical_not(missing, out=missing)
    np.copyto(part, median, where=missing)
    np.maximum(part, ends[0], out=part)
    np.minimum(part, ends[1], out=part)
    return part, missing
