"""CatBoost: gradient boosted symmetric trees with ordered boosting (Prokhorenkova et al. 2018)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import catboost
import numpy as np
import pyarrow as pa

from mainspring.errors import LearnError
from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import narrow
from mainspring.steps.learn.tabular.catboost.trees import trees_of
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, level_and_spread, prior, refuse_one_class
from mainspring.steps.learn.tabular.lightgbm.model import BoostedModel, Scale
from mainspring.steps.learn.tabular.lightgbm.text import model_text
from mainspring.steps.learn.tabular.pace import Pace, Stopwatch, pace, rate_for
from mainspring.steps.learn.tabular.scores import Floats

MOST_ROUNDS = 2000
PATIENCE = 40
USUAL_ROUNDS = 250

SETTINGS: Mapping[str, Any] = {"learning_rate": 0.06, "depth": 5, "l2_leaf_reg": 5.0}


@dataclass(frozen=True)
class CatBoost:
    """``tuned`` has the ``rounds`` to grow, and their learning ``rate``, where no validation rows stop the growing.

    Category codes are taken as numbers: CatBoost's own categories are hashed texts with tables of statistics, which would
    cost every single decision more than all the rest.
    """

    name: str = "catboost"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:  # noqa: ARG002 — the interface of learning
        return "more than 50 classes: it would take too long" if len(goal.classes) > 50 else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> BoostedModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        _refuse_constant(lesson, goal)
        level, spread = level_and_spread(lesson, goal)
        start = prior(lesson, goal)
        present = np.flatnonzero(np.isin(np.arange(len(start)), lesson.truth) | (len(start) == 1))
        test = None if valid is None else _known(lesson_of(valid, goal), lesson, goal)
        settings, pool = self._settings(goal, budget, len(lesson.truth)), _pool(lesson, start[present], level, spread)
        found = self._pace(settings, pool, lesson, len(present), budget, searching=test is not None)
        rounds = MOST_ROUNDS if test is not None else found.rounds
        learner = catboost.CatBoost({**settings, "learning_rate": found.rate, "iterations": rounds})
        stopping = (
            {}
            if test is None
            else {"eval_set": _pool(test, start[present], level, spread), "early_stopping_rounds": PATIENCE}
        )
        learner.fit(pool, callbacks=[_StopAt(budget)], **stopping)
        trees, bias = trees_of(_content(learner), start, present)
        card = card_of("catboost", lesson, goal, train.schema.field(goal.target).type)
        scale = Scale(tuple((level + spread * bias).tolist()), spread, narrow=True)
        text = model_text(trees, len(lesson.features), len(start))
        return BoostedModel(card, text, scale, {"rounds": float(learner.tree_count_ or 1), "rate": found.rate})

    def _settings(self, goal: Goal, budget: Budget, rows: int) -> dict[str, Any]:
        larger = {"learning_rate": 0.1, "depth": 6} if rows >= 15_000 else {}
        wanted = {**SETTINGS, **larger, **self.settings}
        return {
            **wanted, "learning_rate": rate_for(wanted["learning_rate"], len(goal.classes)),
            "loss_function": _loss(goal), "random_seed": goal.seed,
            "boost_from_average": False, "thread_count": budget.threads, "allow_writing_files": False, "logging_level": "Silent",
        }  # fmt: skip

    def _pace(
        self, settings: dict[str, Any], pool: catboost.Pool, lesson: Lesson, outputs: int, budget: Budget, *, searching: bool
    ) -> Pace:  # fmt: skip
        wanted = Pace.wanted(self.tuned, settings["learning_rate"], None if searching else USUAL_ROUNDS)

        def probe(rounds: int) -> float:
            watch = Stopwatch()
            catboost.CatBoost({**settings, "iterations": rounds}).fit(pool, callbacks=[_Tick(watch)])
            return watch.seconds_a_round

        return pace(wanted, lesson, outputs, budget, probe)


def _loss(goal: Goal) -> str:
    if goal.question == Question.NUMBER:
        return "MAE" if goal.metric in ("mae", "mape") else "RMSE"
    return "Logloss" if len(goal.classes) == 2 else "MultiClass"


def _refuse_constant(lesson: Lesson, goal: Goal) -> None:
    columns = narrow(lesson.matrix)
    if not ((columns != columns[:1]) & ~(np.isnan(columns) & np.isnan(columns[:1]))).any():
        raise LearnError("every feature is constant", where=goal.target, remedy="add columns that differ between rows")
    if lesson.truth.min() == lesson.truth.max():
        raise LearnError("the target is constant", where=goal.target, remedy="there is nothing to learn")


def _known(test: Lesson, lesson: Lesson, goal: Goal) -> Lesson | None:
    """The test rows without those of classes that the lesson does not have: CatBoost refuses them."""
    kept = np.isin(test.truth, np.unique(lesson.truth)) | (goal.question == Question.NUMBER)
    weights = None if test.weights is None else test.weights[kept]
    return replace(test, matrix=test.matrix[kept], truth=test.truth[kept], weights=weights) if kept.any() else None


def _pool(lesson: Lesson, start: Floats, level: float, spread: float) -> catboost.Pool:
    truth = lesson.truth if level == 0.0 and spread == 1.0 else (lesson.truth - level) / spread
    started = np.tile(start, (len(truth), 1))
    return catboost.Pool(narrow(lesson.matrix), label=truth, weight=lesson.weights, baseline=started)


def _content(learner: catboost.CatBoost) -> bytes:
    # The library hands its model out through a file only.
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        learner.save_model(str(path), format="json")
        return path.read_bytes()


class _StopAt:
    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def after_iteration(self, info: Any) -> bool:  # noqa: ARG002 — the library's interface
        """Whether to go on."""
        return not self._budget.is_over()


class _Tick:
    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch

    def after_iteration(self, info: Any) -> bool:  # noqa: ARG002 — the library's interface
        self._watch.tick()
        return True
