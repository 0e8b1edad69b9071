"""Learned models over raw rows of every kind of column, in a size that learns in a blink."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.prepare import Prepare
from mainspring.model import Prepared, Question
from mainspring.steps.learn.blend.calibration import Calibration
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal, Learner
from mainspring.steps.learn.tabular.log_target.fit import LogTarget
from mainspring.steps.learn.tabular.scores import Scores
from mainspring.steps.prepare.clean import plan
from mainspring.steps.prepare.preparer import TablePreparer

SMALL: dict[str, dict[str, Any]] = {
    **{name: {"tuned": {"rounds": 25}} for name in ("lightgbm", "xgboost", "catboost")},
    **{name: {"trees": 9} for name in ("random_forest", "extra_trees")},
}
GOALS = {
    "two classes": Goal(Question.CLASS, "y", "log_loss", ("no", "yes"), "yes"),
    "four classes": Goal(Question.CLASS, "y", "log_loss", (1, 2, 3, 4)),
    "a number": Goal(Question.NUMBER, "y", "rmse"),
    "an amount, often zero": Goal(Question.NUMBER, "y", "rmse"),
}
UNCALIBRATED = Calibration()
Make = Callable[..., tuple[Prepared, pa.Table]]


def raw_rows(n: int, seed: int = 0) -> pa.Table:
    """Numbers with a sentinel, whole numbers, truth values, few and many categories with marks, moments; with holes."""
    draw = np.random.default_rng(seed)
    begin = datetime(2019, 12, 20)
    columns: dict[str, list[Any]] = {
        "income": [float(v) for v in draw.lognormal(8, 1, n).round(2)],
        "children": [int(v) for v in draw.integers(0, 6, n)],
        "member": [bool(v) for v in draw.integers(0, 2, n)],
        "plan": [["basic", "Plus", "专业", "n/a"][k] for k in draw.choice(4, n, p=[0.5, 0.3, 0.1, 0.1])],
        "town": [f"town {k}" for k in draw.integers(0, 80, n)],
        "joined": [begin + timedelta(hours=int(h)) for h in draw.integers(0, 40_000, n)],
    }
    for name in columns:
        columns[name] = [
            None if hole else value for value, hole in zip(columns[name], draw.random(n) < 0.08, strict=True)
        ]
    columns["income"][: n // 20] = [-999.0] * (n // 20)
    return pa.table(columns)


def answers(rows: pa.Table, question: str) -> pa.Array:
    goal = GOALS[question]
    draw = np.random.default_rng(7)
    income = np.log1p(np.maximum(rows["income"].fill_null(3000.0).to_numpy(), 0))
    basic = np.array([plan == "basic" for plan in rows["plan"].to_pylist()])
    month = np.array([0 if moment is None else moment.month for moment in rows["joined"].to_pylist()])
    level = income + 1.5 * basic + 0.2 * month + draw.normal(size=len(rows))
    if goal.question == Question.NUMBER:
        return pa.array(level * 1e3 + 5e4 if question == "a number" else np.maximum(level - 9.5, 0.0) * 1e3)
    edges = np.quantile(level, np.linspace(0, 1, len(goal.classes) + 1)[1:-1])
    return pa.array([goal.classes[k] for k in np.digitize(level, edges)])


def learner(name: str) -> Learner:
    """By its kind, after ``log of`` one that learns logarithms."""
    kind = name.removeprefix("log of ")
    found = learner_named(kind, **SMALL.get(kind, {}))
    return found if kind == name else LogTarget(name, found)


@cache
def learned(
    question: str, learners: tuple[str, ...], calibration: Calibration = UNCALIBRATED
) -> tuple[Prepared, pa.Table]:
    goal = GOALS[question]
    rows = raw_rows(500)
    rows = rows.append_column("y", answers(rows, question))
    reading = plan(rows, Prepare(), target="y", key=None)
    prepared = TablePreparer(reading, "y", None, (), goal.question, goal.classes, goal.positive).fit(rows)
    train = prepared.train.append_column("y", rows.column("y"))
    budget = Budget(time.monotonic() + 60.0, 1)
    members = [cast(Scores, learner(name).fit(train, None, goal, budget)) for name in learners]
    weights = list(np.arange(1.0, len(members) + 1) / np.arange(1.0, len(members) + 1).sum())
    blend = Blend(replace(members[0].card, kind="blend"), members, weights, calibration)
    card = replace(blend.card, kind="prepared", input=prepared.transform.input)
    return Prepared(prepared.transform, blend, card), rows.drop_columns(["y"])


@pytest.fixture(scope="session")
def make() -> Make:
    return learned
