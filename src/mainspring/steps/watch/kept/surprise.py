"""Surprise: how much more wrong an answer was than it said itself it might be. Zero on average while the world stays the same.

Covariate shift alone does not move it: where cases become harder, calibrated scores say so.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.steps.watch.kept.reference import Judged

Floats = npt.NDArray[np.float64]

QUANTILES = tuple(np.linspace(0, 1, 101).tolist())
BINS = 10


def surprises(judged: Judged, answers: Floats, truth: npt.NDArray[Any]) -> Floats:
    """Between -1 and 1 a row. For classes (calibrated probabilities, n × classes): the chance that was given to the class it chose,
    less whether it came. For numbers (n): the rank of the absolute error among those of the test rows, less one half, twice.
    """
    if answers.ndim == 2:
        chosen = answers.argmax(axis=1)
        return answers[np.arange(len(truth)), chosen] - (chosen == truth)
    errors = np.abs(answers - truth.astype(np.float64))
    quantiles = np.asarray(judged.errors)
    below, upto = (np.searchsorted(quantiles, errors, side=side) for side in ("left", "right"))
    return (below + upto) / len(quantiles) - 1.0


def told_chances(
    answers: Floats, truth: npt.NDArray[Any]
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Edges of predictions, and between them the mean absolute and mean squared error: what errors to expect without labels."""
    edges = np.unique(np.quantile(answers, np.linspace(0, 1, BINS + 1)[1:-1]))
    place, errors = np.searchsorted(edges, answers, side="left"), answers - truth.astype(np.float64)
    counts = np.maximum(np.bincount(place, minlength=len(edges) + 1), 1)
    means = (np.bincount(place, weights=w, minlength=len(edges) + 1) / counts for w in (np.abs(errors), errors**2))
    absolute, squared = (tuple(mean.tolist()) for mean in means)
    return tuple(edges.tolist()), absolute, squared
