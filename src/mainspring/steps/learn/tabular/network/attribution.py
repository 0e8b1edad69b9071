"""Attribution: what each input of a network added to its answer, by integrated gradients (Sundararajan et al. 2017, arXiv 1703.01365)."""

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.tabular.network.weights import Array, Weights

STEPS = 4
"""Points of the straight way from the average row to the row, at which the slope is taken."""


def attributed(weights: Weights, inputs: Array, center: Array, output: npt.NDArray[np.int64]) -> Array:
    """Inputs (n × d), the average one (d) and an output a row (n) → what each input added (n × d).

    A row's sum is its answer less that of the average input, exactly: what the few steps miss is shared out by size.
    """
    n, d = inputs.shape
    way = inputs - center
    shares = (np.arange(STEPS) + 0.5) / STEPS
    points = (center + way[:, None, :] * shares[:, None]).reshape(n * STEPS, d)
    slopes = _slopes(weights, points, np.repeat(output, STEPS)).reshape(n, STEPS, d).mean(axis=1)
    added = way * slopes
    distance = (weights.answer(inputs) - weights.answer(center[None]))[np.arange(n), output]
    size = np.abs(added)
    total = size.sum(axis=1)
    even = np.where(total > 0.0, 0.0, 1.0 / d)
    share = size / np.where(total > 0.0, total, 1.0)[:, None] + even[:, None]
    return added + (distance - added.sum(axis=1))[:, None] * share


def _slopes(weights: Weights, points: Array, output: npt.NDArray[np.int64]) -> Array:
    """How an output (n) grows with each input of it (n × d), at these points (n × d)."""
    (n, d), (members, width, _) = points.shape, weights.head.shape
    hidden = (points[:, None, :] * weights.scale).reshape(n * members, d)
    open_: list[npt.NDArray[np.bool_]] = []
    for matrix, bias in weights.layers:
        hidden = hidden @ matrix + bias
        open_.append(hidden > 0.0)
        hidden = np.maximum(hidden, 0.0)
    slopes = weights.head.transpose(2, 0, 1)[output].reshape(n * members, width)
    for (matrix, _), passed in zip(reversed(weights.layers), reversed(open_), strict=True):
        slopes = (slopes * passed) @ matrix.T
    return (slopes.reshape(n, members, d) * weights.scale).mean(axis=1)
