"""Covered: how many truths of the test rows the intervals, or the sets, contain, beside what was declared."""

from typing import Any, cast

import numpy as np
import pyarrow as pa

from mainspring.measure.metrics import interval
from mainspring.model import Model
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.tabular.lesson import Floats, weights_of

FEWEST = 10


def covered(model: Model, rows: pa.Table, goal: Goal) -> dict[str, Any] | None:
    """``share`` of the ``rows`` (by their weights) whose truth is contained, with the ``low`` and ``high`` of a 95 % bootstrap
    interval, and the mean ``size``: of an interval in the target's unit, of a set in classes. None where the model gives neither,
    or rows are few.
    """
    names = model.card.answer.names
    if not {"lower", "set"} & set(names):
        return None
    known = rows.filter(pa.compute.is_valid(rows.column(goal.target)))
    if len(known) < FEWEST:
        return None
    answer, truth = model.predict(known), known.column(goal.target).to_pylist()
    if "set" in names:
        sets = cast(list[list[Any]], answer.column("set").to_pylist())
        inside = np.array([t in s for t, s in zip(truth, sets, strict=True)], np.float64)
        sizes = np.array([len(s) for s in sets], np.float64)
    else:
        lower, upper = (answer.column(name).to_numpy() for name in ("lower", "upper"))
        values = np.array(truth, np.float64)
        inside = ((lower <= values) & (values <= upper)).astype(np.float64)
        sizes = upper - lower
    weights = weights_of(known, goal)
    low, high = interval(lambda drawn: _mean(inside, weights, drawn), len(inside), seed=goal.seed)
    every = np.arange(len(inside))
    size = _mean(sizes, weights, every)
    return {
        "share": _mean(inside, weights, every),
        "low": low,
        "high": high,
        "size": size if np.isfinite(size) else None,
    }


def _mean(values: Floats, weights: Floats | None, rows: np.ndarray[Any, np.dtype[np.int64]]) -> float:
    """Of these rows; of such as weigh nothing, as if they weighed alike."""
    heeded = None if weights is None or not weights[rows].any() else weights[rows]
    return float(np.average(values[rows], weights=heeded))
