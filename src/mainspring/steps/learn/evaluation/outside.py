"""Outside: how many test rows, all of them in scope, are taken for out of it, and how right the model is on the others."""

from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.model import Model
from mainspring.steps.learn.blend.scope import OUT
from mainspring.steps.learn.learner import Goal

FEWEST = 10


def outside(model: Model, rows: pa.Table, goal: Goal) -> dict[str, Any] | None:
    """The ``share`` of rows that are said to be out of scope, and the ``accuracy`` on the others; None where none is, or rows are few."""
    if OUT not in model.card.answer.names:
        return None
    known = rows.filter(pa.compute.is_valid(rows.column(goal.target)))
    if len(known) < FEWEST:
        return None
    answer, truth = model.predict(known), known.column(goal.target).to_pylist()
    out = np.array(answer.column(OUT).to_pylist(), dtype=bool)
    right = np.array([a == t for a, t in zip(answer.column("prediction").to_pylist(), truth, strict=True)], dtype=bool)
    return {"share": float(out.mean()), "accuracy": float(right[~out].mean()) if (~out).any() else None}
