"""Linear models: least squares by the book, ridge and logistic regression as scikit-learn has them, outliers, categories."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal

NUMBER = Goal(Question.NUMBER, "y", "rmse")
CLASS = Goal(Question.CLASS, "y", "log_loss", (0, 1), 1)
LONG = Budget(1e18, 1)


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(30, 200), m=st.integers(1, 8), seed=st.integers(0, 10**6), size=st.sampled_from([1e-6, 1.0, 1e4]),
    weighted=st.booleans(),
)  # fmt: skip
def test_least_squares_agrees_with_the_closed_form(n: int, m: int, seed: int, size: float, weighted: bool) -> None:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, m)) * size + draw.normal(size=m) * size
    y = x @ draw.normal(size=m) / size + draw.normal(size=n) + 5.0
    weight = draw.uniform(0.1, 3.0, size=n) if weighted else np.ones(n)
    # The normal equations, on columns brought to a like size so that they can be solved to so many digits.
    columns = np.column_stack([x / size, np.ones(n)])
    closed = np.linalg.solve(columns.T @ (columns * weight[:, None]), columns.T @ (weight * y))
    table = pa.table({f"x{j}": x[:, j] for j in range(m)} | {"y": y, "weight": weight})
    goal = Goal(Question.NUMBER, "y", "rmse", weight="weight") if weighted else NUMBER
    table = table if weighted else table.drop_columns(["weight"])
    model = learner_named("least_squares").fit(table, None, goal, LONG)
    assert np.abs(model.predict(table)["prediction"].to_numpy() - columns @ closed).max() < 1e-8
    at_zero = model.predict_one(dict.fromkeys((f"x{j}" for j in range(m)), 0.0))["prediction"]
    assert at_zero == pytest.approx(closed[-1], abs=1e-8)
    contributions = model.explain(table)
    slope = contributions["x0"].to_numpy()
    assert np.abs((slope - slope[0]) - (x[:, 0] - x[0, 0]) / size * closed[0]).max() < 1e-8


def test_logistic_regression_is_scikit_learns() -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(500, 4))
    y = (x @ [2.0, -1.0, 0.5, 0.0] + draw.logistic(size=500) > 0).astype(int)
    table = pa.table({f"x{j}": x[:, j] for j in range(4)} | {"y": y})
    model = learner_named("linear").fit(table, None, CLASS, LONG)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = LogisticRegression(C=1 / 3.0, tol=1e-10, max_iter=1000).fit(scaled, y).predict_proba(scaled)[:, 1]
    assert np.abs(model.predict(table)["probability_1"].to_numpy() - theirs).max() < 1e-3


def test_a_category_weighs_as_a_column_of_its_own() -> None:
    codes = np.repeat(np.array([-1, 0, 1, 2], dtype=np.int32), 50)
    table = pa.table({"plan": codes, "y": np.array([7.0, 1.0, 5.0, 3.0])[codes + 1]})
    model = learner_named("least_squares").fit(table, None, NUMBER, LONG)
    answers = [model.predict_one({"plan": code})["prediction"] for code in (-1, 0, 1, 2)]
    assert answers == pytest.approx([7.0, 1.0, 5.0, 3.0])
    assert model.predict_one({"plan": 99}) == model.predict_one({"plan": -1}) == model.predict_one({})


def test_that_a_number_is_missing_weighs_too() -> None:
    x = np.linspace(-1, 1, 200)
    x[::4] = np.nan
    table = pa.table({"x": x, "y": np.where(np.isnan(x), 10.0, x)})
    model = learner_named("least_squares").fit(table, None, NUMBER, LONG)
    assert model.predict_one({"x": None})["prediction"] == pytest.approx(10.0)
    assert model.predict_one({"x": 0.5})["prediction"] == pytest.approx(0.5)


def test_outliers_do_not_bend_the_line() -> None:
    draw = np.random.default_rng(1)
    x = draw.normal(size=1000)
    y = (x + draw.logistic(size=1000) * 0.3 > 0).astype(int)
    x[:10] = 1e9
    table = pa.table({"x": x, "y": y})
    model = learner_named("linear").fit(table, None, CLASS, LONG)
    right = np.array(model.predict(table)["prediction"].to_pylist()) == y
    assert right[10:].mean() > 0.85


def test_validation_rows_choose_the_penalty() -> None:
    draw = np.random.default_rng(2)
    x = draw.normal(size=(120, 60))
    table = pa.table({f"x{j}": x[:, j] for j in range(60)} | {"y": draw.integers(0, 2, 120)})
    noisy = learner_named("linear").fit(table.slice(0, 80), table.slice(80), CLASS, LONG)
    assert noisy.tuned["penalty"] == 300.0
    again = learner_named("linear", tuned=noisy.tuned).fit(table, None, CLASS, LONG)
    assert again.tuned == noisy.tuned


def test_the_contributions_add_up_to_the_log_odds() -> None:
    draw = np.random.default_rng(3)
    x = draw.normal(size=(300, 3))
    table = pa.table({f"x{j}": x[:, j] for j in range(3)} | {"y": (x[:, 0] > 0).astype(int)})
    model = learner_named("linear").fit(table, None, CLASS, LONG)
    chance = model.predict(table)["probability_1"].to_numpy()
    total = sum(column.to_numpy() for column in model.explain(table).columns)
    assert np.ptp(np.log(chance / (1 - chance)) - total) < 1e-6
