"""A target that grows by shares is learned as its logarithm, and answered in its own unit."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from mainspring.errors import QualityError
from mainspring.measure.profile import Profile, TargetProfile
from mainspring.model import Question
from mainspring.steps.learn.checks import check_learner, check_model
from mainspring.steps.learn.kinds import MODELS, learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.log_target.fit import LogTarget

GOAL = Goal(Question.NUMBER, "y", "rmse")


def prices(table: pa.Table, zeros: float = 0.0) -> pa.Table:
    draw = np.random.default_rng(3)
    level = sum(np.nan_to_num(table[name].to_numpy()) for name in table.column_names[:3])
    values = np.exp(10 + 0.8 * level + 0.1 * draw.normal(size=len(table)))
    return table.append_column("y", pa.array(np.where(draw.random(len(table)) < zeros, 0.0, values)))


def scores(model, table: pa.Table) -> np.ndarray:
    return model.scores(matrix_of(table.select(model.card.input.names), model.card.input))[:, 0]


@pytest.mark.parametrize("zeros", [0.0, 0.2], ids=["all positive", "with zeros"])
@pytest.mark.parametrize("kind", ["linear", "lightgbm"])
def test_it_keeps_the_contract(numbers: Callable[..., pa.Table], budget: Budget, kind: str, zeros: float) -> None:
    rows = prices(numbers(400, 5, missing=0.1), zeros)
    train, valid = rows.slice(0, 300), rows.slice(300)
    learner = LogTarget(f"{kind}_log", learner_named(kind))
    assert check_learner(learner, train, valid, GOAL, budget) == []
    model = learner.fit(train, valid, GOAL, budget)
    assert check_model(model, valid.drop_columns(["y"]), MODELS) == []


def test_shares_are_learned_better_as_logarithms(numbers: Callable[..., pa.Table], budget: Budget) -> None:
    rows = prices(numbers(600, 4))
    train, valid, test = rows.slice(0, 300), rows.slice(300, 150), rows.slice(450)
    truth = test["y"].to_numpy()

    def error(learner) -> float:
        return float(np.sqrt(np.mean((scores(learner.fit(train, valid, GOAL, budget), test) - truth) ** 2)))

    assert error(LogTarget("log", learner_named("linear"))) < 0.5 * error(learner_named("linear"))


def test_contributions_add_up_in_the_targets_unit(numbers: Callable[..., pa.Table], budget: Budget) -> None:
    rows = prices(numbers(400, 4))
    model = LogTarget("log", learner_named("lightgbm")).fit(rows, rows, GOAL, budget)
    matrix = matrix_of(rows.select(model.card.input.names), model.card.input)
    usual = model.scores(matrix)[:, 0] - model.contributions(matrix).sum(axis=1)
    assert usual == pytest.approx(np.full(len(rows), usual[0]), rel=1e-6)


def test_no_answer_is_far_beyond_what_was_seen(numbers: Callable[..., pa.Table], budget: Budget) -> None:
    rows = prices(numbers(300, 3))
    model = LogTarget("log", learner_named("linear")).fit(rows, rows, GOAL, budget)
    far = pa.table({name: [1e9, -1e9] for name in ("x0", "x1", "x2")})
    assert scores(model, far).max() < 2 * max(rows["y"].to_pylist())


def test_negative_numbers_are_refused(numbers: Callable[..., pa.Table], budget: Budget) -> None:
    rows = numbers(100, 3).append_column("y", pa.array(np.linspace(-1, 5, 100)))
    with pytest.raises(QualityError, match="no negative numbers"):
        LogTarget("log", learner_named("linear")).fit(rows, rows, GOAL, budget)


@pytest.mark.parametrize(
    ("goal", "skew", "reason"),
    [
        (Goal(Question.CLASS, "y", "log_loss", (0, 1), 1), None, "it answers numbers only"),
        (GOAL, 0.1, "the target is not skewed to the right"),
        (GOAL, 3.0, None),
    ],
)
def test_it_is_for_skewed_numbers(goal: Goal, skew: float | None, reason: str | None) -> None:
    seen = Profile(rows=100, target=TargetProfile("y", goal.question, 0, skew=skew))
    assert LogTarget("log", learner_named("linear")).fits(goal, seen) == reason
