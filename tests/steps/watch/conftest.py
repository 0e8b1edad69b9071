"""A world of which everything is known: customers leave by a law, a model that knows the law, a reference of it."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from mainspring.measure.gains import Gains
from mainspring.model import Question
from mainspring.steps.watch.baseline import baseline, judge
from mainspring.steps.watch.kept.reference import Asked, Reference
from mainspring.steps.watch.window import Outcomes, Window, told

GAINS = Gains.of({"true_positive": 120, "false_positive": -20, "false_negative": -100}, ["No", "Yes"], "Yes", "offer")
CHURN = Asked(Question.CLASS, "churn", "profit", ("No", "Yes"), 1, GAINS, 0.2)
PRICE = Asked(Question.NUMBER, "price", "rmse")


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


class World:
    """``flipped``: the law is the other way round, and the model does not know. ``shift``: other customers come, the law stays."""

    def __init__(self, seed: int = 0) -> None:
        self.dice = np.random.default_rng(seed)

    def rows(
        self,
        count: int,
        *,
        flipped: bool = False,
        shift: float = 0.0,
        labelled: bool = True,
        per_day: float | None = 1000.0,
    ) -> Window:
        x, plan = self.dice.normal(shift, 1, count), self.dice.choice(["a", "b", "c"], count)
        leaning = 2 * x + (plan == "a")
        real = self.dice.random(count) < logistic(-leaning if flipped else leaning)
        answers = np.column_stack([1 - logistic(leaning), logistic(leaning)])
        acted = (answers[:, 1] >= 0.2).astype(np.int64)
        known = Outcomes(answers, real.astype(np.int64), acted) if labelled else None
        return Window(count, {"x": pa.array(x), "plan": pa.array(plan)}, answers, acted, known, per_day)

    def prices(self, count: int, *, off: float = 0.0) -> Window:
        x = self.dice.normal(0, 1, count)
        known = Outcomes(10 * x, 10 * x + off + self.dice.normal(0, 2, count))
        return Window(count, {"x": pa.array(x)}, 10 * x, None, known, 1000.0)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def reference() -> Reference:
    seen = World(7).rows(4000)
    assert seen.outcomes is not None
    test = slice(0, 1500)
    truth = seen.outcomes.truth.astype(np.int64)
    judged = judge(CHURN, seen.answers[test], truth[test], None if seen.acted is None else seen.acted[test])
    target = pa.array([CHURN.classes[k] for k in truth])
    return baseline(CHURN, seen.columns, target, told(CHURN, seen.answers[test]), judged, 60.0)


@pytest.fixture(scope="session")
def priced() -> Reference:
    seen = World(8).prices(3000)
    assert seen.outcomes is not None
    judged = judge(PRICE, seen.answers[:1000], seen.outcomes.truth[:1000], None)
    return baseline(PRICE, seen.columns, pa.array(seen.outcomes.truth), told(PRICE, seen.answers[:1000]), judged, 60.0)


@pytest.fixture
def marks() -> Callable[..., dict[str, str]]:
    """Mark → severity of what a look found."""
    return lambda seen: {finding.mark: finding.severity for finding in seen.findings}
