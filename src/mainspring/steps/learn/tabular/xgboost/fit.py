"""XGBoost: gradient boosted trees (Chen & Guestrin 2016)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import xgboost
from xgboost.callback import TrainingCallback

from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, refuse_one_class
from mainspring.steps.learn.tabular.xgboost.model import XGBoostModel

MOST_ROUNDS = 1500
PATIENCE = 50
USUAL_ROUNDS = 150

SETTINGS: Mapping[str, Any] = {
    "eta": 0.04, "max_depth": 4, "min_child_weight": 5, "subsample": 0.8, "colsample_bytree": 0.7, "lambda": 3.0,
    "tree_method": "hist",
}  # fmt: skip


@dataclass(frozen=True)
class XGBoost:
    """``tuned["rounds"]`` is the number of trees to grow where no validation rows stop the growing."""

    name: str = "xgboost"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:  # noqa: ARG002 — the interface of learning
        return "more than 100 classes: a tree a class and round takes too long" if len(goal.classes) > 100 else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> XGBoostModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        # In 32 bits a large target would lose its digits: learn its distance from the mean.
        offset = float(np.mean(lesson.truth)) if goal.question == Question.NUMBER else 0.0
        tests = [] if valid is None else [(_data(lesson_of(valid, goal), offset), "valid")]
        rounds = MOST_ROUNDS if tests else round(self.tuned.get("rounds", USUAL_ROUNDS))
        booster = xgboost.train(
            self._parameters(goal, budget, len(lesson.truth)), _data(lesson, offset), rounds, evals=tests, verbose_eval=False,
            early_stopping_rounds=PATIENCE if tests else None, callbacks=[_StopAt(budget.deadline)],
        )  # fmt: skip
        best = booster.best_iteration + 1 if tests else booster.num_boosted_rounds()
        content = bytes(booster[:best].save_raw("ubj"))
        card = card_of("xgboost", lesson, goal, train.schema.field(goal.target).type)
        return XGBoostModel(card, content, offset, {"rounds": float(best)})

    def _parameters(self, goal: Goal, budget: Budget, rows: int) -> dict[str, Any]:
        larger = {"max_depth": 7, "eta": 0.06} if rows >= 15_000 else {}
        return {
            **SETTINGS, **larger, **self.settings, **_objective(goal), "nthread": budget.threads, "seed": goal.seed, "verbosity": 0,
        }  # fmt: skip


def _objective(goal: Goal) -> dict[str, Any]:
    if goal.question == Question.NUMBER:
        return {"objective": "reg:absoluteerror" if goal.metric in ("mae", "mape") else "reg:squarederror"}
    if len(goal.classes) == 2:
        return {"objective": "binary:logistic"}
    return {"objective": "multi:softprob", "num_class": len(goal.classes)}


def _data(lesson: Lesson, offset: float) -> xgboost.DMatrix:
    finite = np.where(np.isinf(lesson.matrix), np.nan, lesson.matrix)
    return xgboost.DMatrix(
        finite, label=lesson.truth - offset if offset else lesson.truth, weight=lesson.weights, nthread=1
    )


class _StopAt(TrainingCallback):
    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 — the library's interface
        return time.monotonic() >= self._deadline
