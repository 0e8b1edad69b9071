"""Calibrate: choose and fit a calibration on out-of-fold probabilities."""

from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, minimize, minimize_scalar
from sklearn.isotonic import IsotonicRegression

from mainspring.measure.metrics import score
from mainspring.steps.learn.blend.calibration import EDGE, Calibration, Method, log_odds

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
PARTS = 5
FEWEST = 200
"""Rows below which a calibration cannot be told from noise."""
WORTH = 5e-4
"""The log loss a calibration must save, on rows it was not fitted on, to be worth having."""


def calibrate(probabilities: Floats, truth: Ints, seed: int = 0) -> Calibration:
    """The calibration with the lowest cross-validated log loss of probabilities (n × classes) for class numbers (n)."""
    if len(truth) < FEWEST or len(np.unique(truth)) < 2:
        return Calibration()
    methods: tuple[Method, ...] = ("platt", "isotonic") if probabilities.shape[1] == 2 else ("temperature",)
    part = np.random.default_rng(seed).permutation(len(truth)) % PARTS
    losses: dict[Method, float] = {method: _cross_validated(method, probabilities, truth, part) for method in methods}
    best = min(losses, key=lambda method: losses[method])
    gain = score("log_loss", truth, probabilities) - losses[best]
    return fit(best, probabilities, truth) if gain > WORTH else Calibration()


def fit(method: Method, probabilities: Floats, truth: Ints) -> Calibration:
    """A calibration of one method, fitted on all rows given."""
    if method == "temperature":
        logs = np.log(np.clip(probabilities, EDGE, 1.0))
        found = cast(
            OptimizeResult,
            minimize_scalar(lambda t: _softmax_loss(logs / np.exp(t), truth), bounds=(-2.0, 2.0), method="bounded"),
        )
        return Calibration(method, (float(np.exp(found.x)),))
    second = probabilities[:, 1]
    if method == "platt":
        slope, shift = _platt(log_odds(second), truth)
        return Calibration(method, (slope, shift))
    fitted = IsotonicRegression(y_min=EDGE, y_max=1.0 - EDGE, out_of_bounds="clip").fit(second, truth)
    return Calibration(method, tuple(fitted.X_thresholds_.tolist()), tuple(fitted.y_thresholds_.tolist()))


def _cross_validated(method: Method, probabilities: Floats, truth: Ints, part: Ints) -> float:
    calibrated = np.empty_like(probabilities)
    for k in range(PARTS):
        inside = part == k
        calibrated[inside] = fit(method, probabilities[~inside], truth[~inside]).apply(probabilities[inside])
    return score("log_loss", truth, calibrated)


def _platt(odds: Floats, truth: Ints) -> tuple[float, float]:
    # Platt's own smoothing of the targets keeps a perfect separation from an infinite slope.
    positives, negatives = int(truth.sum()), int(len(truth) - truth.sum())
    target = np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(at: Floats) -> float:
        z = at[0] * odds + at[1]
        return float(np.mean(np.logaddexp(0.0, z) - target * z))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.05, 20.0), (-10.0, 10.0)])
    return float(found.x[0]), float(found.x[1])


def _softmax_loss(logs: Floats, truth: Ints) -> float:
    peak = logs.max(axis=1)
    total = peak + np.log(np.exp(logs - peak[:, None]).sum(axis=1))
    return float(np.mean(total - logs[np.arange(len(truth)), truth]))
