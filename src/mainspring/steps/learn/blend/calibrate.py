"""Calibrate: choose and fit a calibration on out-of-fold probabilities."""

from collections.abc import Callable
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


def calibrate(
    probabilities: Floats, truth: Ints, seed: int = 0, weights: Floats | None = None,
    prefers: Callable[[Floats, Floats], bool] | None = None,
) -> Calibration:  # fmt: skip
    """The calibration with the lowest cross-validated log loss of probabilities (n × classes) for class numbers (n).

    ``weights`` (n) say how much each row counts, in the fit and in the loss. Where ``prefers`` surely prefers probabilities that
    another method made of rows it was not fitted on, that is taken.
    """
    if len(truth) < FEWEST or len(np.unique(truth)) < 2:
        return Calibration()
    weight = np.ones(len(truth)) if weights is None else weights / weights.mean()
    methods: tuple[Method, ...] = ("platt", "isotonic") if probabilities.shape[1] == 2 else ("temperature",)
    part = np.random.default_rng(seed).permutation(len(truth)) % PARTS
    made: dict[Method, Floats] = {m: _cross_fitted(m, probabilities, truth, weight, part) for m in methods}
    losses = {method: score("log_loss", truth, answers, weights=weight) for method, answers in made.items()}
    best: Method = min(methods, key=lambda method: losses[method])
    made["none"] = probabilities
    if score("log_loss", truth, probabilities, weights=weight) - losses[best] <= WORTH:
        best = "none"
    if prefers is not None:
        for method, answers in made.items():
            best = method if method != best and prefers(answers, made[best]) else best
    return Calibration() if best == "none" else fit(best, probabilities, truth, weight)


def fit(method: Method, probabilities: Floats, truth: Ints, weights: Floats | None = None) -> Calibration:
    """A calibration of one method, fitted on all rows given."""
    weight = np.ones(len(truth)) if weights is None else weights
    if method == "temperature":
        logs = np.log(np.clip(probabilities, EDGE, 1.0))
        found = cast(
            OptimizeResult,
            minimize_scalar(
                lambda t: _softmax_loss(logs / np.exp(t), truth, weight), bounds=(-2.0, 2.0), method="bounded"
            ),
        )
        return Calibration(method, (float(np.exp(found.x)),))
    second = probabilities[:, 1]
    if method == "platt":
        return Calibration(method, _platt(log_odds(second), truth, weight))
    fitted = IsotonicRegression(y_min=EDGE, y_max=1.0 - EDGE, out_of_bounds="clip").fit(second, truth, weight)
    return Calibration(method, tuple(fitted.X_thresholds_.tolist()), tuple(fitted.y_thresholds_.tolist()))


def _cross_fitted(method: Method, probabilities: Floats, truth: Ints, weight: Floats, part: Ints) -> Floats:
    calibrated = np.empty_like(probabilities)
    for k in range(PARTS):
        inside = part == k
        fitted = fit(method, probabilities[~inside], truth[~inside], weight[~inside])
        calibrated[inside] = fitted.apply(probabilities[inside])
    return calibrated


def _platt(odds: Floats, truth: Ints, weight: Floats) -> tuple[float, float]:
    # Platt's own smoothing of the targets keeps a perfect separation from an infinite slope.
    positives, negatives = float(weight[truth == 1].sum()), float(weight[truth == 0].sum())
    target = np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    share = weight / weight.sum()

    def loss(at: Floats) -> float:
        z = at[0] * odds + at[1]
        return float(share @ (np.logaddexp(0.0, z) - target * z))

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.05, 20.0), (-10.0, 10.0)])
    return float(found.x[0]), float(found.x[1])


def _softmax_loss(logs: Floats, truth: Ints, weight: Floats) -> float:
    peak = logs.max(axis=1)
    total = peak + np.log(np.exp(logs - peak[:, None]).sum(axis=1))
    return float(np.average(total - logs[np.arange(len(truth)), truth], weights=weight))
