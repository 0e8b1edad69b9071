"""CatBoost: gradient boosted symmetric trees with ordered boosting (Prokhorenkova et al. 2018)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import catboost
import numpy as np
import pyarrow as pa

from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.catboost.model import CatBoostModel
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, lesson_of, refuse_one_class

MOST_ROUNDS = 1000
PATIENCE = 40
USUAL_ROUNDS = 250

SETTINGS: Mapping[str, Any] = {"learning_rate": 0.06, "depth": 5, "l2_leaf_reg": 5.0}


@dataclass(frozen=True)
class CatBoost:
    """``tuned["rounds"]`` is the number of trees to grow where no validation rows stop the growing.

    Category codes are taken as numbers: native categories would cost every single decision more than all the rest.
    """

    name: str = "catboost"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:  # noqa: ARG002 — the interface of learning
        return "more than 50 classes: it would take too long" if len(goal.classes) > 50 else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> CatBoostModel:
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        rounds = MOST_ROUNDS if valid is not None else round(self.tuned.get("rounds", USUAL_ROUNDS))
        learner = catboost.CatBoost({
            **SETTINGS, **self.settings, "loss_function": _loss(goal), "iterations": rounds, "random_seed": goal.seed,
            "thread_count": budget.threads, "allow_writing_files": False, "logging_level": "Silent",
            **({"classes_count": len(goal.classes)} if len(goal.classes) > 2 else {}),
        })  # fmt: skip
        stopping = (
            {} if valid is None else {"eval_set": _pool(lesson_of(valid, goal)), "early_stopping_rounds": PATIENCE}
        )
        learner.fit(_pool(lesson), callbacks=[_StopAt(budget.deadline)], **stopping)
        card = card_of("catboost", lesson, goal, train.schema.field(goal.target).type)
        return CatBoostModel(card, _content(learner), {"rounds": float(learner.tree_count_ or 1)})


def _loss(goal: Goal) -> str:
    if goal.question == Question.NUMBER:
        return "MAE" if goal.metric in ("mae", "mape") else "RMSE"
    return "Logloss" if len(goal.classes) == 2 else "MultiClass"


def _pool(lesson: Lesson) -> catboost.Pool:
    return catboost.Pool(np.clip(lesson.matrix, -3e38, 3e38), label=lesson.truth, weight=lesson.weights)


def _content(learner: catboost.CatBoost) -> bytes:
    # The library hands its model out through a file only.
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.cbm"
        learner.save_model(str(path), format="cbm")
        return path.read_bytes()


class _StopAt:
    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def after_iteration(self, info: Any) -> bool:  # noqa: ARG002 — the library's interface
        """Whether to go on."""
        return time.monotonic() < self._deadline
