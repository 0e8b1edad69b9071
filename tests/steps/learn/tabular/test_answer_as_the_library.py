"""Compiled trees answer every row as the library that learned them: at every border, beyond all reason, with nothing known."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import catboost
import numpy as np
import pyarrow as pa
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mainspring.model import Question
from mainspring.steps.learn.export.trees import trees_in
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import narrow
from mainspring.steps.learn.tabular.catboost import fit as catboost_fit
from mainspring.steps.learn.tabular.lesson import lesson_of, level_and_spread, prior
from mainspring.steps.learn.tabular.lightgbm import fit as lightgbm_fit
from mainspring.steps.learn.tabular.lightgbm.text import widest
from mainspring.steps.learn.tabular.xgboost import fit as xgboost_fit

GOALS = {
    "two classes": Goal(Question.CLASS, "y", "log_loss", (0, 1), 1),
    "three classes": Goal(Question.CLASS, "y", "log_loss", (0, 1, 2)),
    "a number": Goal(Question.NUMBER, "y", "rmse"),
}
LEARNERS = {
    "lightgbm": {"tuned": {"rounds": 40}}, "xgboost": {"tuned": {"rounds": 40}}, "catboost": {"tuned": {"rounds": 40}},
    "random_forest": {"trees": 12}, "extra_trees": {"trees": 12}, "decision_tree": {},
}  # fmt: skip
FORESTS = (
    RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor, DecisionTreeClassifier,
    DecisionTreeRegressor,
)  # fmt: skip
ODD = [np.nan, np.inf, -np.inf, 1e300, -1e300, 3.4e38, 3.5e38, -3.5e38, 1e-300, -0.0, 0.0, 16777217.0]
CODES = [-1.0, 0.0, 1.0, 5.0, 6.0, 1e6]


@dataclass
class Pair:
    """Our model, the library's answers to a matrix of features, how far apart they may be, and the borders of the trees."""

    ours: Any
    theirs: Callable[[np.ndarray], np.ndarray]
    tolerance: float
    borders: list[float]


@pytest.fixture(scope="module", params=[(name, goal) for name in LEARNERS for goal in GOALS], ids="-".join)
def pair(request: pytest.FixtureRequest) -> Pair:
    name, asked = request.param
    goal, table = GOALS[asked], lesson(GOALS[asked])
    learned: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        for owner, fit in (
            (xgboost_fit.xgboost, "train"), (lightgbm_fit.lightgbm, "train"), (catboost_fit.catboost.CatBoost, "fit"),
            *((forest, "fit") for forest in FORESTS),
        ):  # fmt: skip
            patch.setattr(owner, fit, watched(getattr(owner, fit), learned))
        ours = learner_named(name, **LEARNERS[name]).fit(table, None, goal, Budget(time.monotonic() + 60.0, 1))
    text = ours.walked if hasattr(ours, "walked") else ours.trees.text(4)
    borders = sorted({border for tree in trees_in(text) for border in tree.threshold.tolist()})
    # XGBoost adds in 32 bits.
    return Pair(ours, answers(name, goal, table, learned), 1e-5 if name == "xgboost" else 1e-6, borders)


def watched(fit: Callable[..., Any], learned: list[Any]) -> Callable[..., Any]:
    def watching(*args: Any, **kwargs: Any) -> Any:
        learned.append(fit(*args, **kwargs))
        return learned[-1]

    return watching


def lesson(goal: Goal) -> pa.Table:
    draw = np.random.default_rng(3)
    x = draw.normal(size=(400, 3)) * [1.0, 1e4, 1e-4]
    x[draw.random(x.shape) < 0.1] = np.nan
    code = draw.integers(-1, 6, 400)
    level = np.nan_to_num(x) @ [1.0, 1e-4, 1e4] + (code == 2) * 1.5 + draw.normal(size=400) * 0.5
    classes = max(1, len(goal.classes))
    y = np.digitize(level, np.quantile(level, np.arange(1, classes) / classes)) if goal.classes else level * 1e3 + 7e4
    return pa.table({**{f"x{j}": x[:, j] for j in range(3)}, "plan": pa.array(code, pa.int32()), "y": y})


def answers(name: str, goal: Goal, table: pa.Table, learned: list[Any]) -> Callable[[np.ndarray], np.ndarray]:
    known = lesson_of(table, goal)
    level, spread = level_and_spread(known, goal)
    start, library = prior(known, goal), learned[-1]
    number = goal.question == Question.NUMBER

    def told(matrix: np.ndarray) -> np.ndarray:
        begun = np.tile(start, (len(matrix), 1))
        if name == "lightgbm":
            raw = library.predict(matrix)
        elif name == "xgboost":
            raw = library.predict(xgboost.DMatrix(narrow(matrix), base_margin=begun))
        elif name == "catboost":
            kind = "RawFormulaVal" if number else "Probability"
            raw = library.predict(catboost.Pool(narrow(matrix), baseline=begun), prediction_type=kind)
        else:
            raw = library.predict(narrow(matrix)) if number else library.predict_proba(narrow(matrix))
        found = np.asarray(raw, np.float64).reshape(len(matrix), -1)
        if number:
            return found * spread + level
        return np.column_stack([1 - found, found]) if found.shape[1] == 1 else found

    return told


def rows(borders: list[float]) -> st.SearchStrategy[list[list[float]]]:
    at = st.sampled_from(borders)
    near = st.builds(lambda border, away: float(np.nextafter(border, away)), at, st.sampled_from([-np.inf, np.inf]))
    value = st.one_of(st.sampled_from(ODD), at, near, at.map(lambda v: float(np.float32(v))), st.floats(width=64))
    return st.lists(st.tuples(value, value, value, st.sampled_from(CODES)).map(list), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_row_is_answered_as_by_the_library(pair: Pair, data: st.DataObject) -> None:
    matrix = np.array(data.draw(rows(pair.borders)))
    with np.errstate(all="ignore"):  # scikit-learn adds all its input up to see whether it is finite
        expected = pair.theirs(matrix)
    many = pair.ours.scores(matrix)
    assert np.abs(many - expected).max() <= pair.tolerance * max(1.0, np.abs(expected).max())
    for row, answer in zip(matrix, many, strict=True):
        alone = pair.ours.predict_one(dict(zip(pair.ours.card.input.names, row.tolist(), strict=True)))
        assert [v for k, v in alone.items() if k != "prediction" or not pair.ours.card.classes] == pytest.approx(
            answer.tolist(), rel=1e-12, abs=1e-12
        )


@settings(max_examples=300)
@given(threshold=st.floats(-1e38, 1e38), value=st.floats(allow_nan=False))
def test_a_widened_threshold_parts_as_the_rounded_number_is_parted(threshold: float, value: float) -> None:
    wide = float(widest(np.array([threshold]))[0])
    for x in (value, wide, float(np.nextafter(wide, np.inf)), float(np.nextafter(wide, -np.inf)), threshold):
        rounded = float(narrow(np.array([x]))[0])
        assert (x <= wide) == (rounded <= threshold)
