"""Calibration: from what a model says its chances are to what they were on rows that judged it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TINY = 1e-4
FEWEST = 200


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a rising line from raw to calibrated probabilities of one class."""

    raw: tuple[float, ...]
    calibrated: tuple[float, ...]


def curves_of(probabilities: Floats, truth: Ints) -> tuple[Curve, ...]:
    """A curve a class by isotonic regression (Zadrozny & Elkan 2002), or none where they make held-out rows no likelier.

    Estimating without labels rests on calibrated scores; those that are good already would only be made noisier.
    """
    if len(truth) < FEWEST:
        return ()
    fitted, held = np.arange(len(truth)) % 2 == 0, np.arange(len(truth)) % 2 == 1
    tried = _fit(probabilities[fitted], truth[fitted])
    before, after = (_log_loss(p, truth[held]) for p in (probabilities[held], calibrated(probabilities[held], tried)))
    return _fit(probabilities, truth) if after < before else ()


def calibrated(probabilities: Floats, curves: Sequence[Curve]) -> Floats:
    """Probabilities (n × classes), through the curves, adding up to one."""
    if not curves:
        return probabilities
    through = np.column_stack([np.interp(probabilities[:, k], c.raw, c.calibrated) for k, c in enumerate(curves)])
    through = np.clip(through, TINY, 1 - TINY)
    return through / through.sum(axis=1, keepdims=True)


def _fit(probabilities: Floats, truth: Ints) -> tuple[Curve, ...]:
    return tuple(_curve(probabilities[:, k], truth == k) for k in range(probabilities.shape[1]))


def _curve(raw: Floats, is_true: npt.NDArray[np.bool_]) -> Curve:
    values, place, counts = np.unique(raw, return_inverse=True, return_counts=True)
    shares = np.bincount(place, weights=is_true) / counts
    rising = isotonic_regression(shares, weights=counts).x
    ends = np.concatenate([[True], np.diff(rising) > 0]) | np.concatenate([np.diff(rising) > 0, [True]])
    return Curve(tuple(values[ends].tolist()), tuple(rising[ends].tolist()))


def _log_loss(probabilities: Floats, truth: Ints) -> float:
    return float(-np.log(np.clip(probabilities[np.arange(len(truth)), truth], TINY, 1.0)).mean())
