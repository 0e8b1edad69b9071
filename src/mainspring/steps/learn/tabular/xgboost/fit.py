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
from mainspring.steps.learn.tabular.answers import narrow
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, level_and_spread, refuse_one_class
from mainspring.steps.learn.tabular.lightgbm.model import BoostedModel, Scale
from mainspring.steps.learn.tabular.lightgbm.text import model_text
from mainspring.steps.learn.tabular.xgboost.trees import trees_of

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

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> BoostedModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        level, spread = level_and_spread(lesson) if goal.question == Question.NUMBER else (0.0, 1.0)
        tests = [] if valid is None or not len(valid) else [(_data(lesson_of(valid, goal), level, spread), "valid")]
        rounds = MOST_ROUNDS if tests else round(self.tuned.get("rounds", USUAL_ROUNDS))
        parameters = self._parameters(goal, budget, lesson)
        booster = xgboost.train(
            parameters, _data(lesson, level, spread), rounds, evals=tests, verbose_eval=False,
            early_stopping_rounds=PATIENCE if tests else None, callbacks=[_StopAt(budget.deadline)],
        )  # fmt: skip
        best = booster.best_iteration + 1 if tests else booster.num_boosted_rounds()
        trees = trees_of(bytes(booster[:best].save_raw("json")))
        outputs = len(goal.classes) if len(goal.classes) > 2 else 1
        offset = (level + spread * _log_odds(parameters["base_score"], goal),) * outputs
        card = card_of("xgboost", lesson, goal, train.schema.field(goal.target).type)
        text = model_text(trees, len(lesson.features), outputs)
        return BoostedModel(card, text, Scale(offset, spread, narrow=True), {"rounds": float(best)})

    def _parameters(self, goal: Goal, budget: Budget, lesson: Lesson) -> dict[str, Any]:
        larger = {"max_depth": 7, "eta": 0.06} if len(lesson.truth) >= 15_000 else {}
        return {
            **SETTINGS, **larger, **self.settings, **_objective(goal, lesson), "nthread": budget.threads, "seed": goal.seed,
            "verbosity": 0,
        }  # fmt: skip


def _objective(goal: Goal, lesson: Lesson) -> dict[str, Any]:
    if goal.question == Question.NUMBER:
        absolute = goal.metric in ("mae", "mape")
        return {"objective": "reg:absoluteerror" if absolute else "reg:squarederror", "base_score": 0.0}
    if len(goal.classes) == 2:
        share = float(np.average(lesson.truth, weights=lesson.weights))
        return {"objective": "binary:logistic", "base_score": min(max(share, 1e-6), 1.0 - 1e-6)}
    return {"objective": "multi:softprob", "num_class": len(goal.classes), "base_score": 0.0}


def _log_odds(base_score: float, goal: Goal) -> float:
    return float(np.log(base_score / (1.0 - base_score))) if len(goal.classes) == 2 else base_score


def _data(lesson: Lesson, level: float, spread: float) -> xgboost.DMatrix:
    truth = (lesson.truth - level) / spread
    return xgboost.DMatrix(narrow(lesson.matrix), label=truth, weight=lesson.weights, nthread=1)


class _StopAt(TrainingCallback):
    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 — the library's interface
        return time.monotonic() >= self._deadline
