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

SECONDS = 4.0
"""All parts ask the model again and again; each has an equal share."""


def explain(
    model: Model, test: pa.Table, goal: Goal, *,
    gains: Gains | None = None, private: Collection[str] = (), seconds: float = SECONDS,
) -> dict[str, Any]:  # fmt: skip
    """``importance``, ``losses`` (of the goal's metric) and ``dependence``, as plain values ready for JSON.

    Values of the columns in ``private`` are not in it. Fewer rows and columns are asked where ``seconds`` would not do.

    Raises:
        QualityError: no row can be judged.
    """
    judged, each = Judged.of(test, goal), seconds / 3
    importance = contributions(model, judged, goal.seed, each)
    columns = [entry["column"] for entry in importance] or list(model.card.input.names)
    return {
        "importance": importance,
        "losses": losses(model, judged, goal, gains, columns, each),
        "dependence": dependence(model, judged, columns, private, seconds=each, seed=goal.seed),
    }
