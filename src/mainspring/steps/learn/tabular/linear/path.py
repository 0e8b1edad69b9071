"""Path: linear models of one lesson, a penalty each, from the strongest on; the next begins where the last ended."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge

from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.tabular.lesson import ABSENT, Lesson
from mainspring.steps.learn.tabular.linear.model import LinearModel
from mainspring.steps.learn.tabular.scores import Floats

T = TypeVar("T")
FIRST_STEPS, MOST_STEPS = 10, 300
HALF = 0.5
"""Of the time left, for each line where there are several to choose from."""
ALONE = 1.5
"""What a line takes by itself, in times of the longest of a path, each of which begins where the last ended."""


@dataclass(frozen=True, slots=True)
class Penalties:
    """Strengths in units of one training row, strongest first. The best is looked for from the ``first`` on: the time may not suffice for
    many; the ``usual`` is taken where none is to be chosen, nor ``tuned``."""

    strengths: Sequence[float]
    first: float
    usual: float


def drawn(
    line: Callable[[float, float], T], penalties: Penalties, tuned: Mapping[str, float], loss_of: Callable[[T], float] | None,
    budget: Budget,
) -> tuple[T, float]:  # fmt: skip
    """The line of least loss, or where there is nothing to judge by that of the ``tuned`` penalty; and the seconds that a line takes by
    itself. ``line`` draws one of a penalty in a share of the time left.
    """
    longest = 0.0

    def timed(penalty: float) -> T:
        nonlocal longest
        began = time.monotonic()
        found = line(penalty, 1.0 if loss_of is None else HALF)
        longest = max(longest, time.monotonic() - began)
        return found

    if loss_of is None:
        best = timed(tuned.get("penalty", penalties.usual))
    else:
        best = best_line(timed, penalties.strengths, loss_of, budget, penalties.strengths.index(penalties.first))
    return best, ALONE * longest


def best_line(
    line: Callable[[float], T], penalties: Sequence[float], loss_of: Callable[[T], float], budget: Budget, first: int = 0
) -> T:  # fmt: skip
    """The line of least loss, looked for from the ``first`` penalty on: of those that follow, then of those before it, none is tried
    behind one that does no better; where there is better behind it, none before it.
    """
    best = line(penalties[first])
    lowest = loss_of(best)
    for way in (penalties[first + 1 :], penalties[:first][::-1]):
        began = lowest
        for penalty in way:
            if budget.is_over():
                return best
            model = line(penalty)
            reached = loss_of(model)
            if reached >= lowest:
                break
            best, lowest = model, reached
        if lowest < began:
            return best
    return best


def on(test: Lesson) -> Callable[[LinearModel], float]:
    """The loss of a linear model on the test rows."""
    return lambda model: loss(model.scores(test.matrix), test)


def loss(scores: Floats, test: Lesson) -> float:
    """Mean squared error of numbers (n × 1), log loss of probabilities (n × classes)."""
    if scores.shape[1] == 1:
        return float(np.mean((scores[:, 0] - test.truth) ** 2))
    chosen = scores[np.arange(len(scores)), test.truth.astype(np.int64)]
    return float(-np.mean(np.log(np.clip(chosen, 1e-15, 1.0))))


def converge(
    learner: Any, columns: Any, lesson: Lesson, budget: Budget, first: int = FIRST_STEPS, share: float = 1.0
) -> None:
    """A few steps tell how long one takes; then as many at a time as fit into a share of the time left, until they lead nowhere.

    ``learner`` is one of scikit-learn that goes on from where it was (``warm_start``); ``columns`` are an array or a sparse one.
    """
    steps, taken, asked, kept = first, 0, False, (1 - share) * budget.seconds
    with warnings.catch_warnings():
        # That the steps of one round do not suffice is no news, nor that classes have few rows: that is what was asked.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes")
        while steps > 0:
            before = budget.seconds
            learner.set_params(max_iter=steps)
            learner.fit(columns, lesson.truth, sample_weight=lesson.weights)
            if asked:
                budget.enough()
            done = int(np.max(learner.n_iter_))
            taken += done
            if done < steps or taken >= MOST_STEPS:
                return
            asked = True
            steps = int(
                budget.allowed(MOST_STEPS - taken, _affordable(budget, kept, (before - budget.seconds) / max(done, 1)))
            )


def ridge(learner: Ridge, columns: Any, lesson: Lesson) -> tuple[Floats, Floats]:
    """What a ridge regression learns of numbers, as weights (width × 1) and intercept (1)."""
    fitted = learner.fit(columns, lesson.truth, sample_weight=lesson.weights)
    return np.asarray(fitted.coef_, dtype=np.float64).reshape(-1, 1), np.atleast_1d(np.asarray(fitted.intercept_))


def _affordable(budget: Budget, kept: float, each: float) -> Callable[[], float]:
    return lambda: 0.8 * (budget.seconds - kept) / max(each, 1e-6)


def by_class(learner: Any, width: int, count: int) -> tuple[Floats, Floats]:
    """What a logistic regression of scikit-learn learned, as weights (width × outputs) and intercept of all ``count`` classes."""
    coefficients, intercepts = np.array(learner.coef_).T, np.array(learner.intercept_)
    if count == 2:
        return coefficients, intercepts
    weights, intercept = np.zeros((width, count)), np.full(count, ABSENT)
    present = learner.classes_.astype(int)
    if len(present) == 2:
        coefficients = np.column_stack([-coefficients[:, 0] / 2, coefficients[:, 0] / 2])
        intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
    weights[:, present], intercept[present] = coefficients, intercepts
    return weights, intercept
