"""Covered: how many truths of the test rows the intervals, or the sets, contain, beside what was declared."""

from typing import Any, cast

import numpy as np
import pyarrow as pa

from mainspring.measure.metrics import interval
from mainspring.model import Model

FEWEST = 10


def covered(model: Model, rows: pa.Table, target: str, seed: int) -> dict[str, Any] | None:
    """``share`` of the ``rows`` whose truth is contained, with the ``low`` and ``high`` of a 95 % bootstrap interval, and the mean
    ``size``: of an interval in the target's unit, of a set in classes. None where the model gives neither, or rows are few.
    """
    names = model.card.answer.names
    if not {"lower", "set"} & set(names):
        return None
    known = rows.filter(pa.compute.is_valid(rows.column(target)))
    if len(known) < FEWEST:
        return None
    answer, truth = model.predict(known), known.column(target).to_pylist()
    if "set" in names:
        sets = cast(list[list[Any]], answer.column("set").to_pylist())
        inside = np.array([t in s for t, s in zip(truth, sets, strict=True)], np.float64)
        size = float(np.mean([len(s) for s in sets]))
    else:
        lower, upper = (answer.column(name).to_numpy() for name in ("lower", "upper"))
        values = np.array(truth, np.float64)
        inside = ((lower <= values) & (values <= upper)).astype(np.float64)
        size = float(np.mean(upper - lower))
    low, high = interval(lambda drawn: float(inside[drawn].mean()), len(inside), seed=seed)
    return {"share": float(inside.mean()), "low": low, "high": high, "size": size if np.isfinite(size) else None}
