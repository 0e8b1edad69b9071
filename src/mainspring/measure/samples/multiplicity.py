"""Multiplicity: many tests at once, adjusted so that their false alarms stay rare together."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def benjamini_hochberg(p: Sequence[float]) -> Floats:
    """Adjusted p-values (n): taking those up to q holds the expected share of false discoveries at q (Benjamini & Hochberg 1995)."""
    values = np.asarray(p, np.float64)
    order = np.argsort(values)
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    adjusted = np.minimum.accumulate(scaled[::-1])[::-1]
    return _in_place(np.minimum(adjusted, 1.0), order)


def holm(p: Sequence[float]) -> Floats:
    """Adjusted p-values (n): taking those up to α holds the chance of any false one at α (Holm 1979)."""
    values = np.asarray(p, np.float64)
    order = np.argsort(values)
    scaled = values[order] * np.arange(len(values), 0, -1)
    return _in_place(np.minimum(np.maximum.accumulate(scaled), 1.0), order)


def _in_place(sorted_values: Floats, order: npt.NDArray[np.int64]) -> Floats:
    values = np.empty_like(sorted_values)
    values[order] = sorted_values
    return values
