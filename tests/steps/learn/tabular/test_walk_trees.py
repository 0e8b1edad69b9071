"""Trees of every maker give in the one engine what they give at home."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import catboost
import lightgbm
import numpy as np
import pyarrow as pa
import pytest
import xgboost
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import matrix_of
from mainspring.steps.learn.tabular.catboost import fit as catboost_fit
from mainspring.steps.learn.tabular.forest.fit import GROWN
from mainspring.steps.learn.tabular.lesson import lesson_of, prior
from mainspring.steps.learn.tabular.lightgbm import fit as lightgbm_fit
from mainspring.steps.learn.tabular.xgboost import fit as xgboost_fit

GOALS = [
    Goal(Question.CLASS, "y", "log_loss", (0, 1), 1),
    Goal(Question.CLASS, "y", "log_loss", (0, 1, 2, 3)),
    Goal(Question.NUMBER, "y", "rmse"),
]
FORESTS = {
    RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor, DecisionTreeClassifier,
    DecisionTreeRegressor,
}  # fmt: skip
each_goal = pytest.mark.parametrize("goal", GOALS, ids=["two classes", "four classes", "a number"])


def lesson(table: pa.Table, goal: Goal) -> pa.Table:
    draw = np.random.default_rng(7)
    level = sum(np.nan_to_num(table[name].to_numpy()) * (j + 1) for j, name in enumerate(table.column_names[:3]))
    level = level + draw.normal(size=len(table))
    if goal.question == Question.NUMBER:
        return table.append_column("y", pa.array(level))
    edges = np.quantile(level, np.linspace(0, 1, len(goal.classes) + 1)[1:-1])
    return table.append_column("y", pa.array(np.digitize(level, edges)))


def strange(table: pa.Table) -> pa.Table:
    """Rows with values at and beyond every border, and with nothing."""
    rows = table.to_pylist()[:200]
    floating = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    odd = [dict.fromkeys(floating, value) for value in (None, 0.0, 1e9, -1e9, 1e38, 1e-300)]
    return pa.Table.from_pylist(rows + odd, schema=table.schema)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the libraries themselves learned: the real ones, watched."""
    learned: list[Any] = []

    def watch(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def fit(*args: Any, **kwargs: Any) -> Any:
            learned.append(real(*args, **kwargs))
            return learned[-1]

        monkeypatch.setattr(owner, name, fit)

    watch(xgboost_fit.xgboost, "train")
    watch(lightgbm_fit.lightgbm, "train")
    watch(catboost_fit.catboost.CatBoost, "fit")
    for kind in FORESTS:
        watch(kind, "fit")
    return learned


@each_goal
@pytest.mark.parametrize("kind", GROWN)
def test_forests_answer_as_scikit_learn(
    kind: str, goal: Goal, kept: list[Any], budget: Budget, numbers: Callable[..., pa.Table]
) -> None:
    features = numbers(500, 5, missing=0.1)
    train = lesson(features, goal)
    model = learner_named(kind, **({} if kind == "decision_tree" else {"trees": 15})).fit(train, None, goal, budget)
    rows = strange(features)
    matrix = np.clip(matrix_of(rows, model.card.input), -3e38, 3e38)
    theirs = kept[-1]
    if goal.classes:
        expected = theirs.predict_proba(matrix)
    else:
        expected = theirs.predict(matrix)[:, None] * train["y"].to_numpy().std() + train["y"].to_numpy().mean()
    assert np.abs(model.scores(matrix) - expected).max() < 1e-12


@each_goal
def test_boosted_trees_answer_as_xgboost(
    goal: Goal, kept: list[Any], budget: Budget, numbers: Callable[..., pa.Table]
) -> None:
    features = numbers(500, 5, missing=0.1)
    train = lesson(features, goal)
    model = learner_named("xgboost", tuned={"rounds": 40}).fit(train, None, goal, budget)
    rows = strange(features)
    matrix = matrix_of(rows, model.card.input)
    start = prior(lesson_of(train, goal), goal)
    expected = kept[-1].predict(xgboost.DMatrix(matrix, base_margin=np.tile(start, (len(rows), 1))))
    if goal.question == Question.NUMBER:
        expected = expected * train["y"].to_numpy().std() + train["y"].to_numpy().mean()
    ours = model.scores(matrix)
    ours = ours[:, 1] if len(goal.classes) == 2 else ours
    # The library adds in 32 bits.
    assert np.abs(ours.ravel() - expected.ravel()).max() < 1e-5


@each_goal
def test_boosted_trees_answer_as_catboost(
    goal: Goal, kept: list[Any], budget: Budget, numbers: Callable[..., pa.Table]
) -> None:
    features = numbers(500, 5, missing=0.1)
    train = lesson(features, goal)
    model = learner_named("catboost", tuned={"rounds": 40}).fit(train, None, goal, budget)
    rows = strange(features)
    matrix = matrix_of(rows, model.card.input)
    kind = "RawFormulaVal" if goal.question == Question.NUMBER else "Probability"
    start = prior(lesson_of(train, goal), goal)
    expected = kept[-1].predict(catboost.Pool(matrix, baseline=np.tile(start, (len(rows), 1))), prediction_type=kind)
    if goal.question == Question.NUMBER:
        expected = expected[:, None] * train["y"].to_numpy().std() + train["y"].to_numpy().mean()
    assert np.abs(model.scores(matrix) - expected).max() < 1e-9
    shap = np.asarray(
        kept[-1].get_feature_importance(catboost.Pool(matrix_of(features, model.card.input)), type="ShapValues")
    )
    if len(goal.classes) == 2:
        ours = np.column_stack([column.to_numpy() for column in model.explain(features).columns])
        assert np.corrcoef(ours.ravel(), shap[:, :-1].ravel())[0, 1] > 0.98


@each_goal
def test_boosted_trees_answer_as_lightgbm(
    goal: Goal, kept: list[Any], budget: Budget, numbers: Callable[..., pa.Table]
) -> None:
    features = numbers(500, 5, missing=0.1).append_column("plan", pa.array(np.arange(500) % 5, pa.int32()))
    train = lesson(features, goal)
    model = learner_named("lightgbm", tuned={"rounds": 40}).fit(train, None, goal, budget)
    matrix = matrix_of(strange(features), model.card.input)
    theirs = kept[-1]
    assert isinstance(theirs, lightgbm.Booster)
    expected = theirs.predict(matrix)
    if goal.question == Question.NUMBER:
        expected = expected * train["y"].to_numpy().std() + train["y"].to_numpy().mean()
    ours = model.scores(matrix)
    ours = ours[:, 1] if len(goal.classes) == 2 else ours
    assert np.abs(ours.ravel() - expected.ravel()).max() < 1e-12


@each_goal
@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost"])
def test_the_contributions_add_up(name: str, goal: Goal, budget: Budget, numbers: Callable[..., pa.Table]) -> None:
    features = numbers(400, 5, missing=0.1)
    model = learner_named(name, tuned={"rounds": 30}).fit(lesson(features, goal), None, goal, budget)
    scores = model.scores(matrix_of(features, model.card.input))
    total = sum(column.to_numpy() for column in model.explain(features).columns)
    if goal.question == Question.NUMBER:
        assert np.ptp(scores[:, 0] - total) < 1e-6
    elif goal.positive is not None:
        assert np.ptp(np.log(scores[:, 1] / scores[:, 0]) - total) < 1e-6
    else:
        # Of the predicted class, so that only rows of the same prediction have the same starting point.
        assert total[scores.max(axis=1) > 0.5].mean() > 0


@pytest.mark.parametrize("kind", GROWN)
def test_a_forests_path_adds_up_to_its_answer(kind: str, budget: Budget, numbers: Callable[..., pa.Table]) -> None:
    features = numbers(400, 5)
    model = learner_named(kind).fit(lesson(features, GOALS[2]), None, GOALS[2], budget)
    total = sum(column.to_numpy() for column in model.explain(features).columns)
    # Not from the same point in each forest: every tree starts from the mean of its own rows, the same for all answers.
    assert np.ptp(model.predict(features)["prediction"].to_numpy() - total) < 1e-9


def test_answering_needs_no_library_that_trains() -> None:
    code = (
        "import sys, mainspring.steps.learn.tabular.lightgbm.model, mainspring.steps.learn.tabular.forest.model, "
        "mainspring.steps.learn.tabular.linear.model; print({'xgboost', 'catboost'} & set(sys.modules) or 'none')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "none"


@each_goal
@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost"])
def test_the_average_of_several_is_the_mean_of_what_they_say(
    numbers: Callable[..., pa.Table], budget: Budget, goal: Goal, name: str
) -> None:
    table = lesson(numbers(300, 4, missing=0.1), goal)
    goals = [replace(goal, seed=seed) for seed in (0, 1, 2)]
    settings = {"lightgbm": {"learning_rate": 0.2}, "xgboost": {"eta": 0.2}, "catboost": {"depth": 3}}[name]
    models: list[Any] = [
        learner_named(name, settings=settings, tuned={"rounds": rounds}).fit(table, None, g, budget)
        for g, rounds in zip(goals, (30, 20, 25), strict=True)
    ]
    matrix = matrix_of(strange(table).select(models[0].card.input.names), models[0].card.input)
    one = models[0].averaged(models[1:])
    said = [raw(model.scores(matrix)) for model in models]
    assert not np.allclose(said[0], said[1])
    assert raw(one.scores(matrix)) == pytest.approx(np.mean(said, axis=0), rel=1e-9, abs=1e-9)
    added = np.mean([model.contributions(matrix[:5]) for model in models], axis=0)
    if len(goal.classes) != 4:
        assert one.contributions(matrix[:5]) == pytest.approx(added, abs=1e-9)


def raw(scores: np.ndarray) -> np.ndarray:
    """Log-odds against the first class, or the numbers themselves."""
    return scores if scores.shape[1] == 1 else np.log(scores[:, 1:]) - np.log(scores[:, :1])
