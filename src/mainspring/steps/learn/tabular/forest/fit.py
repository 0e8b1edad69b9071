"""Trees and forests: one decision tree, random forest (Breiman 2001), extremely randomised trees (Geurts et al. 2006)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.answers import narrow
from mainspring.steps.learn.tabular.forest.model import ForestModel, Trees
from mainspring.steps.learn.tabular.lesson import card_of, lesson_of, level_and_spread, refuse_one_class
from mainspring.steps.learn.tabular.lightgbm.text import Ints
from mainspring.steps.learn.tabular.scores import Floats

LEAVES = 2_500
"""Of so many leaves a tree is enough: further ones cost memory, and boosting learns such tables better anyway."""

GROWN = {
    "random_forest": (RandomForestClassifier, RandomForestRegressor),
    "extra_trees": (ExtraTreesClassifier, ExtraTreesRegressor),
    "decision_tree": (DecisionTreeClassifier, DecisionTreeRegressor),
}


@dataclass(frozen=True)
class Forest:
    """``kind`` is one of ``GROWN``; ``trees`` are grown a few at a time while the budget lasts."""

    name: str = "random_forest"
    kind: str = "random_forest"
    trees: int = 150
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        cells = len(goal.classes) * min(profile.rows, 100_000)
        return "too many classes for the rows: the leaves would not fit in memory" if cells > 20_000_000 else None

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> ForestModel:  # noqa: ARG002
        lesson = lesson_of(train, goal)
        refuse_one_class(lesson, goal)
        matrix = narrow(lesson.matrix)
        # Of differences near nothing scikit-learn makes nothing: it learns the distance from the mean in standard deviations.
        level, spread = level_and_spread(lesson, goal)
        truth = (lesson.truth - level) / spread
        learner = GROWN[self.kind][goal.question == Question.NUMBER](**self._settings(goal, len(matrix)))
        if self.kind == "decision_tree":
            grown = [learner.fit(matrix, truth, sample_weight=lesson.weights)]
        else:
            grown = self._grow(learner, (matrix, truth, lesson.weights), budget)
        card = card_of("forest", lesson, goal, train.schema.field(goal.target).type)
        width = len(goal.classes) or 1
        trees = _flat([tree.tree_ for tree in grown], width, _present(learner, goal))
        return ForestModel(card, replace(trees, value=trees.value * spread + level), {})

    def _settings(self, goal: Goal, rows: int) -> dict[str, Any]:
        if self.kind == "decision_tree":
            usual = {"max_leaf_nodes": 16, "min_samples_leaf": max(1, min(30, rows // 40))}
        elif goal.question == Question.NUMBER:
            usual = {"min_samples_leaf": max(2, rows // LEAVES), "max_features": 0.5}
        else:
            usual = {
                "min_samples_leaf": max(5, rows // LEAVES),
                "max_features": "sqrt" if self.kind == "random_forest" else 0.4,
            }
        return {**usual, "random_state": goal.seed, **self.settings}

    def _grow(self, learner: Any, lesson: tuple[Any, ...], budget: Budget) -> list[Any]:
        """The first few trees tell how long one takes; then as many at a time as surely fit into the time left."""
        learner.set_params(warm_start=True, n_jobs=budget.threads, n_estimators=0)
        more = budget.threads
        while True:
            before, had = budget.seconds, learner.n_estimators
            learner.n_estimators = min(self.trees, had + more)
            learner.fit(*lesson)
            each = (before - budget.seconds) / (learner.n_estimators - had)
            lacking = self.trees - learner.n_estimators
            budget.enough()
            more = _further(lacking, each, budget) if lacking else 0
            if more < 1:
                return list(learner.estimators_)


def _further(lacking: int, each: float, budget: Budget) -> int:
    return int(budget.allowed(lacking, lambda: 0.5 * budget.seconds / max(each, 1e-6)))


def _present(learner: Any, goal: Goal) -> Ints:
    return learner.classes_.astype(np.int64) if goal.question == Question.CLASS else np.zeros(1, np.int64)


def _flat(grown: list[Any], width: int, present: Ints) -> Trees:
    return Trees(
        starts=np.cumsum([0, *(tree.node_count for tree in grown)])[:-1].astype(np.int64),
        feature=np.maximum(0, np.concatenate([tree.feature for tree in grown])).astype(np.int32),
        threshold=np.concatenate([tree.threshold for tree in grown]),
        left=np.concatenate([tree.children_left for tree in grown]).astype(np.int32),
        right=np.concatenate([tree.children_right for tree in grown]).astype(np.int32),
        missing_left=np.concatenate([tree.missing_go_to_left for tree in grown]).astype(bool),
        value=_values(grown, width, present),
    )


def _values(grown: list[Any], width: int, present: Ints) -> Floats:
    seen = np.concatenate([tree.value[:, 0, :] for tree in grown])
    values = np.zeros((len(seen), width))
    values[:, present] = seen / seen.sum(axis=1, keepdims=True) if width > 1 else seen
    return values
