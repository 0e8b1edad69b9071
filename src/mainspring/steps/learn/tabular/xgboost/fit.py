"""XGBoost: gradient boosted trees (Chen & Guestrin 2016)."""

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
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, level_and_spread, prior, refuse_one_class
from mainspring.steps.learn.tabular.lightgbm.model import BoostedModel, Scale
from mainspring.steps.learn.tabular.lightgbm.text import model_text
from mainspring.steps.learn.tabular.pace import Pace, Stopwatch, pace, rate_for
from mainspring.steps.learn.tabular.scores import Floats
from mainspring.steps.learn.tabular.xgboost.trees import trees_of

MOST_ROUNDS = 3000
PATIENCE = 50
USUAL_ROUNDS = 150

SETTINGS: Mapping[str, Any] = {
    "eta": 0.04, "max_depth": 4, "min_child_weight": 5, "subsample": 0.8, "colsample_bytree": 0.7, "lambda": 3.0,
    "tree_method": "hist",
}  # fmt: skip


@dataclass(frozen=True)
class XGBoost:
    """``tuned`` has the ``rounds`` to grow, and their learning ``rate``, where no validation rows stop the growing."""

    name: str = "xgboost"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:  # noqa: ARG002 — the interface of learning
        return "more than 100 classes: a tree a class and round takes too long" if len(goal.classes) > 100 else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> BoostedModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        level, spread = level_and_spread(lesson, goal)
        start = prior(lesson, goal)
        tests: list[tuple[xgboost.DMatrix, str]] = []
        if valid is not None and len(valid):
            tests = [(_data(lesson_of(valid, goal), start, level, spread), "valid")]
        settings = self._parameters(goal, budget, len(lesson.truth))
        data = _data(lesson, start, level, spread)
        found = self._pace(settings, data, lesson, budget, searching=bool(tests))
        booster = xgboost.train(
            {**settings, "eta": found.rate}, data, MOST_ROUNDS if tests else found.rounds, evals=tests, verbose_eval=False,
            early_stopping_rounds=PATIENCE if tests else None, callbacks=[_StopAt(budget)],
        )  # fmt: skip
        # Whoever stops first stops all: where it was the deadline, no best round is recorded.
        best = int(booster.attr("best_iteration") or booster.num_boosted_rounds() - 1) + 1
        trees = trees_of(bytes(booster[:best].save_raw("json")))
        card = card_of("xgboost", lesson, goal, train.schema.field(goal.target).type)
        text = model_text(trees, len(lesson.features), len(start))
        scale = Scale(tuple((level + spread * start).tolist()), spread, narrow=True)
        return BoostedModel(card, text, scale, {"rounds": float(best), "rate": found.rate})

    def _pace(
        self, settings: dict[str, Any], data: xgboost.DMatrix, lesson: Lesson, budget: Budget, *, searching: bool
    ) -> Pace:
        wanted = Pace.wanted(self.tuned, settings["eta"], None if searching else USUAL_ROUNDS)

        def probe(rounds: int) -> float:
            watch = Stopwatch()
            xgboost.train(settings, data, rounds, callbacks=[_Tick(watch)])
            return watch.seconds_a_round

        return pace(wanted, lesson, settings.get("num_class", 1), budget, probe)

    def _parameters(self, goal: Goal, budget: Budget, rows: int) -> dict[str, Any]:
        larger = {"max_depth": 7, "eta": 0.06} if rows >= 15_000 else {}
        wanted = {**SETTINGS, **larger, **self.settings}
        return {
            **wanted, "eta": rate_for(wanted["eta"], len(goal.classes)), **_objective(goal), "nthread": budget.threads, "seed": goal.seed,
            "verbosity": 0,
        }  # fmt: skip


def _objective(goal: Goal) -> dict[str, Any]:
    if goal.question == Question.NUMBER:
        return {"objective": "reg:absoluteerror" if goal.metric in ("mae", "mape") else "reg:squarederror"}
    if len(goal.classes) == 2:
        return {"objective": "binary:logistic"}
    return {"objective": "multi:softprob", "num_class": len(goal.classes)}


def _data(lesson: Lesson, start: Floats, level: float, spread: float) -> xgboost.DMatrix:
    return xgboost.DMatrix(
        narrow(lesson.matrix), label=(lesson.truth - level) / spread, weight=lesson.weights, nthread=1,
        base_margin=np.tile(start, (len(lesson.truth), 1)),
    )  # fmt: skip


class _StopAt(TrainingCallback):
    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 — the library's interface
        return self._budget.is_over()


class _Tick(TrainingCallback):
    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002 — the library's interface
        self._watch.tick()
        return False
