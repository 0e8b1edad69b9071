"""Conform: how far answers must reach to contain the truth as often as declared (conformal prediction, Vovk et al. 2005).

The scores are of out-of-fold answers, as in cross-conformal prediction (Vovk 2015): absolute residuals of numbers, one less the
probability of the true class (Sadinle, Lei & Wasserman 2019). The promise holds for rows that are exchangeable with these: not where
the world drifts, and not for each group by itself. Weighted rows count by their weights (Tibshirani et al. 2019): the promise is
then for rows drawn by them.
"""

import warnings

import numpy as np
import numpy.typing as npt
from crepes import ConformalRegressor

from mainspring.model import Question
from mainspring.steps.learn.blend.coverage import Coverage
from mainspring.steps.learn.tabular.scores import Floats

PARTS = 5
"""Of the answers, from low to high, each with its usual error."""
FEWEST = 200
"""Rows from which on usual errors are told apart."""
LEAST = 0.1
"""No part's error is taken to be less than this share of the usual one: few rows may be lucky."""
NARROWER = 0.98
"""What is not narrower by this on rows it was not made of is not worth its corners."""


def coverage_of(
    answers: Floats, truth: npt.NDArray[np.generic], question: Question, share: float, weights: Floats | None = None
) -> Coverage:
    """From out-of-fold answers (n × k) and the truths (n; places of classes, or numbers), each counting by its weight (n)."""
    if question != Question.NUMBER:
        return Coverage(share, _reach(1.0 - answers[np.arange(len(answers)), truth.astype(np.int64)], weights, share))
    apart = np.abs(answers[:, 0] - truth.astype(np.float64))
    even = Coverage(share, _reach(apart, weights, share))
    if len(apart) < FEWEST or not np.isfinite(even.reach):
        return even
    # Half of the rows say how large errors are, the other half whether that narrows the intervals; then all say both.
    half = np.arange(len(apart)) % 2 == 0
    tried = _following(answers[half, 0], apart[half], None if weights is None else weights[half], share)
    plain = _reach(apart[half], None if weights is None else weights[half], share)
    if tried is None or _width(tried, answers[~half, 0]) > NARROWER * plain:
        return even
    return _following(answers[:, 0], apart, weights, share) or even


def _following(answers: Floats, apart: Floats, weights: Floats | None, share: float) -> Coverage | None:
    """Intervals as wide as errors usually are at an answer like this (locally weighted: Lei et al. 2018); None where that is one size."""
    edges = np.quantile(answers, np.linspace(0.0, 1.0, PARTS + 1)[1:-1])
    part = np.searchsorted(edges, answers)
    counted = np.ones(len(answers)) if weights is None else weights
    full = [k for k in range(PARTS) if counted[part == k].sum() > 0.0]
    at = np.array([np.average(answers[part == k], weights=counted[part == k]) for k in full])
    error = np.array([np.average(apart[part == k], weights=counted[part == k]) for k in full])
    usual = float(np.average(apart, weights=counted))
    if len(full) < 2 or usual <= 0.0 or (np.diff(at) <= 0.0).any():
        return None
    error = np.maximum(error, LEAST * usual)
    reach = _reach(apart / np.interp(answers, at, error), weights, share)
    return Coverage(share, reach, tuple(at.tolist()), tuple(error.tolist())) if np.isfinite(reach) else None


def _width(coverage: Coverage, answers: Floats) -> float:
    return coverage.reach * float(np.interp(answers, coverage.at, coverage.error).mean())


def _reach(apart: Floats, weights: Floats | None, share: float) -> float:
    if weights is not None:
        return _weighted_reach(apart, weights, share)
    # The library answers an interval around a point; around zero its end is the reach. Too few rows give an infinite one.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ends = ConformalRegressor().fit(apart).predict_int(np.zeros(1), confidence=share)
    return float(np.asarray(ends)[0, 1])


def _weighted_reach(apart: Floats, weights: Floats, share: float) -> float:
    """The least of the scores (n) that, with those below it, has the ``share`` of all weights, the weight of the row to come among them.

    That one is not known: it is taken as the mean weight of rows drawn by their weights. The library knows no weights.
    """
    total = float(weights.sum())
    to_come = float((weights**2).sum()) / total
    order = np.argsort(apart, kind="stable")
    reached = np.cumsum(weights[order]) / (total + to_come)
    # Equal weights sum up to shares that are a rounding error short of the declared one.
    place = int(np.searchsorted(reached, share * (1.0 - 1e-12)))
    return float(apart[order[place]]) if place < len(order) else float("inf")
