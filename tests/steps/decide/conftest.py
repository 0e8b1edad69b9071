"""Small models that really learned something."""

import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from mainspring.model import Model, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.linear.fit import Linear

ROWS = 200
Trained = Callable[[tuple], Model]


@pytest.fixture(scope="session")
def trained() -> Trained:
    """A linear model over ``x`` and ``y`` that tells these classes apart, or without classes a number."""

    def train(classes: tuple) -> Model:
        dice = np.random.default_rng(0)
        x, y = dice.normal(size=ROWS), dice.normal(size=ROWS)
        score = x + 0.5 * y + dice.normal(size=ROWS) * 0.5
        columns = {"x": x, "y": y}
        if not classes:
            goal = Goal(Question.NUMBER, "score", "rmse")
            return Linear().fit(pa.table({**columns, "score": score}), None, goal, Budget(time.monotonic() + 60))
        place = np.digitize(score, np.quantile(score, np.linspace(0, 1, len(classes) + 1)[1:-1]))
        target = pa.array([classes[i] for i in place])
        goal = Goal(Question.CLASS, "kind", "log_loss", classes, classes[-1] if len(classes) == 2 else None)
        return Linear().fit(pa.table({**columns, "kind": target}), None, goal, Budget(time.monotonic() + 60))

    return train
