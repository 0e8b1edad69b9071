"""Conform: how far answers must reach to contain the truth as often as declared (conformal prediction, Vovk et al. 2005).

The scores are of out-of-fold answers, as in cross-conformal prediction (Vovk 2015): absolute residuals of numbers, one less the
probability of the true class (Sadinle, Lei & Wasserman 2019). The promise holds for rows that are exchangeable with these: not where the
world drifts, and not for each group by itself. Row weights are not heeded.
"""

import warnings

import numpy as np
import numpy.typing as npt
from crepes import ConformalRegressor

from mainspring.model import Question
from mainspring.steps.learn.blend.coverage import Coverage
from mainspring.steps.learn.tabular.scores import Floats


def coverage_of(answers: Floats, truth: npt.NDArray[np.generic], question: Question, share: float) -> Coverage:
    """From out-of-fold answers (n × k) and the truths (n; places of classes, or numbers)."""
    if question == Question.NUMBER:
        apart = np.abs(answers[:, 0] - truth.astype(np.float64))
    else:
        apart = 1.0 - answers[np.arange(len(answers)), truth.astype(np.int64)]
    # The library answers an interval around a point; around zero its end is the reach. Too few rows give an infinite one.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ends = ConformalRegressor().fit(apart).predict_int(np.zeros(1), confidence=share)
    return Coverage(share, float(np.asarray(ends)[0, 1]))
