"""Small tables of features for each question, and every learner in a size that learns in a blink."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring.model import Question
from mainspring.steps.learn.kinds import LEARNERS, learner_named
from mainspring.steps.learn.learner import Budget, Goal, Learner
from mainspring.steps.learn.tabular.scores import Scores

ROUNDS: Mapping[str, Mapping[str, Any]] = {
    "lightgbm": {"learning_rate": 0.2}, "xgboost": {"eta": 0.3}, "catboost": {"learning_rate": 0.3, "depth": 4},
    "network": {"epochs": 8}, "small_network": {"epochs": 8}, "linear_network": {"epochs": 8},
}  # fmt: skip
TREES = {"random_forest": 12, "extra_trees": 12}

Fitted = tuple[Learner, Scores, pa.Table, pa.Table, Goal]
GOALS = {
    "two classes": Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes"),
    "five classes": Goal(Question.CLASS, "y", "log_loss", (1, 2, 3, 4, 5)),
    "a number": Goal(Question.NUMBER, "y", "rmse"),
}


def small(name: str) -> Learner:
    learner = learner_named(name, settings=ROUNDS.get(name, {}))
    return replace(learner, trees=TREES[name]) if name in TREES else learner


def soon(seconds: float = 60.0) -> Budget:
    return Budget(time.monotonic() + seconds, 1)


def features(n: int, seed: int = 0, levels: int = 4) -> pa.Table:
    """Numbers (some missing, one constant, one of large values) and category codes (some unknown)."""
    draw = np.random.default_rng(seed)
    numbers = draw.normal(size=(n, 3)) * [1.0, 1e5, 1e-3]
    numbers[draw.random((n, 3)) < 0.1] = np.nan
    codes = draw.integers(-1, levels, size=(n, 2)).astype(np.int32)
    return pa.table(
        {"age": numbers[:, 0], "income": numbers[:, 1], "rate": numbers[:, 2], "always": np.ones(n),
         "plan": codes[:, 0], "region": codes[:, 1]}
    )  # fmt: skip


def answers(table: pa.Table, goal: Goal, seed: int = 1) -> pa.Table:
    age, income = (np.nan_to_num(table[name].to_numpy()) for name in ("age", "income"))
    plan = table["plan"].to_numpy()
    level = age + income / 1e5 + 1.5 * (plan == 2) + 0.4 * np.random.default_rng(seed).normal(size=len(table))
    if goal.question == Question.NUMBER:
        return table.append_column("y", pa.array(level * 1e4 + 1e6))
    edges = np.quantile(level, np.linspace(0, 1, len(goal.classes) + 1)[1:-1])
    return table.append_column("y", pa.array([goal.classes[k] for k in np.digitize(level, edges)]))


@cache
def fitted(name: str, question: str) -> Fitted:
    goal = GOALS[question]
    # ``paired`` learns of names that trees could not combine themselves.
    rows = answers(features(400, levels=12 if name == "paired" else 4), goal)
    train, valid = rows.slice(0, 300), rows.slice(300)
    learner = small(name)
    model = learner.fit(train, valid, goal, soon())
    assert isinstance(model, Scores)
    return learner, model, train, valid, goal


TABULAR = [name for name, place in LEARNERS.items() if ".tabular." in place]
"""Those that read texts are asked beside their tests, of tables with texts."""
CASES = [
    (name, question) for name in TABULAR for question in GOALS
    if (name != "least_squares" or question == "a number") and (name, question) != ("paired", "five classes")
]  # fmt: skip


@pytest.fixture(params=CASES, ids=lambda case: "-".join(case))
def case(request: pytest.FixtureRequest) -> Fitted:
    return fitted(*request.param)


@pytest.fixture(scope="session")
def make() -> Callable[[str, str], Fitted]:
    return fitted


@pytest.fixture
def budget() -> Budget:
    return soon()
