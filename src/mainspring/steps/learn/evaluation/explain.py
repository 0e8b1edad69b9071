"""Explain: what a model's answers rest on, measured on rows that no choice has seen."""

from collections.abc import Collection
from typing import Any

import pyarrow as pa

from mainspring.measure.gains import Gains
from mainspring.model import Model
from mainspring.steps.learn.evaluation.dependence import dependence
from mainspring.steps.learn.evaluation.importance import contributions, losses
from mainspring.steps.learn.evaluation.judged import Judged
from mainspring.steps.learn.learner import Goal

SECONDS = 2.0
"""For each part; all of them ask the model again and again."""


def explain(
    model: Model, test: pa.Table, goal: Goal, *, gains: Gains | None = None, private: Collection[str] = ()
) -> dict[str, Any]:
    """``importance``, ``losses`` (of the goal's metric) and ``dependence``, as plain values ready for JSON.

    Values of the columns in ``private`` are not in it.

    Raises:
        QualityError: no row can be judged.
    """
    judged = Judged.of(test, goal)
    importance = contributions(model, judged, goal.seed, SECONDS)
    columns = [entry["column"] for entry in importance] or list(model.card.input.names)
    return {
        "importance": importance,
        "losses": losses(model, judged, goal, gains, columns, SECONDS),
        "dependence": dependence(model, judged, columns, private, seconds=SECONDS, seed=goal.seed),
    }
