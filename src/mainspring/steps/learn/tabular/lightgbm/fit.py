"""LightGBM: gradient boosted trees, grown leaf by leaf (Ke et al. 2017)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa

from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, level_and_spread, refuse_one_class
from mainspring.steps.learn.tabular.lightgbm.model import BoostedModel, Scale
from mainspring.steps.learn.tabular.pace import Pace, Stopwatch, pace, rate_for

MOST_ROUNDS = 4000
PATIENCE = 50
USUAL_ROUNDS = 150

ORDERED = "ordered"
"""A setting of our own: codes of categories are taken for numbers, in the order that the preparation gave them."""
SETTINGS: Mapping[str, Any] = {
    "learning_rate": 0.04,
    "num_leaves": 15,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "cat_smooth": 20.0,
    "cat_l2": 20.0,
}


@dataclass(frozen=True)
class LightGBM:
    """``tuned`` has the ``rounds`` to grow, and their learning ``rate``, where no validation rows stop the growing."""

    name: str = "lightgbm"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        named = any(column.kind == "category" and column.name != goal.target for column in profile.columns)
        if self.settings.get(ORDERED) and not named:
            return "no column is a category: the others of its kind learn the same"
        return "more than 100 classes: a tree a class and round takes too long" if len(goal.classes) > 100 else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> BoostedModel:
        lesson = self._lesson(train, goal)
        refuse_one_class(lesson, goal)
        level, spread = level_and_spread(lesson, goal)
        data = _dataset(lesson, level, spread)
        stops: list[Callable[..., None]] = [_stop_at(budget)]
        tests: list[lightgbm.Dataset] = []
        if valid is not None and len(valid):
            tests = [_dataset(self._lesson(valid, goal), level, spread, data)]
            stops.append(lightgbm.early_stopping(PATIENCE, verbose=False))
        settings = self._parameters(goal, budget, len(lesson.truth))
        found = self._pace(settings, data, lesson, budget, searching=bool(tests))
        # Else it would be written down and read back, which takes a sixth of the time where there are many classes.
        booster = lightgbm.train(
            {**settings, "learning_rate": found.rate}, data, MOST_ROUNDS if tests else found.rounds, valid_sets=tests,
            callbacks=stops, keep_training_booster=True,
        )  # fmt: skip
        best = booster.best_iteration if booster.best_iteration > 0 else booster.current_iteration()
        text = booster.model_to_string(num_iteration=best)
        card = card_of("lightgbm", lesson, goal, train.schema.field(goal.target).type)
        return BoostedModel(card, text, Scale((level,), spread), {"rounds": float(best), "rate": found.rate})

    def _lesson(self, table: pa.Table, goal: Goal) -> Lesson:
        lesson = lesson_of(table, goal)
        return replace(lesson, categories=()) if self.settings.get(ORDERED) else lesson

    def _pace(
        self, settings: dict[str, Any], data: lightgbm.Dataset, lesson: Lesson, budget: Budget, *, searching: bool
    ) -> Pace:
        wanted = Pace.wanted(self.tuned, settings["learning_rate"], None if searching else USUAL_ROUNDS)

        def probe(rounds: int) -> float:
            watch = Stopwatch()
            lightgbm.train(settings, data, rounds, callbacks=[lambda _: watch.tick()], keep_training_booster=True)
            return watch.seconds_a_round

        return pace(wanted, lesson, settings.get("num_class", 1), budget, probe)

    def _parameters(self, goal: Goal, budget: Budget, rows: int) -> dict[str, Any]:
        larger = {"num_leaves": 63, "lambda_l2": 1.0, "learning_rate": 0.06} if rows >= 15_000 else {}
        usual = {**SETTINGS, "min_data_in_leaf": min(20, max(1, rows // 20)), **larger}
        wanted = usual | {name: value for name, value in self.settings.items() if name != ORDERED}
        return {
            **wanted, "learning_rate": rate_for(wanted["learning_rate"], len(goal.classes)),
            "objective": _objective(goal), "num_threads": budget.threads, "verbosity": -1,
            "seed": goal.seed, "deterministic": True, "force_row_wise": True,
            **({"num_class": len(goal.classes)} if len(goal.classes) > 2 else {}),
        }  # fmt: skip


def _objective(goal: Goal) -> str:
    if goal.question == Question.NUMBER:
        return "l1" if goal.metric in ("mae", "mape") else "l2"
    return "binary" if len(goal.classes) == 2 else "multiclass"


def _dataset(
    lesson: Lesson, level: float, spread: float, reference: lightgbm.Dataset | None = None
) -> lightgbm.Dataset:
    # The library takes an unknown category for missing too, but not without a word on the screen.
    matrix = lesson.matrix.copy()
    codes = matrix[:, lesson.categories]
    matrix[:, lesson.categories] = np.where(codes < 0, np.nan, codes)
    return lightgbm.Dataset(
        matrix, (lesson.truth - level) / spread, weight=lesson.weights, reference=reference,
        feature_name=[f"f{j}" for j in range(lesson.matrix.shape[1])],
        categorical_feature=list(lesson.categories), params={"verbosity": -1, "feature_pre_filter": False}, free_raw_data=False,
    )  # fmt: skip


def _stop_at(budget: Budget) -> Callable[[Any], None]:
    def stop(environment: Any) -> None:
        if budget.is_over():
            raise lightgbm.callback.EarlyStopException(environment.iteration, environment.evaluation_result_list or [])

    return stop
