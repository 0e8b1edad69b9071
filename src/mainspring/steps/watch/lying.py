"""Lying: how the values of columns lay and lie: the shares of rows in groups, before and now."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.measure.samples.shape import MISSING, NumberShape, Shape, counted, grouped

Rows = list[dict[str, Any]]


def lying(columns: Sequence[str], shapes: Mapping[str, Shape], values: Mapping[str, Any]) -> Rows:
    """A row a column, group and time: ``of`` the column, ``x`` the group, ``o`` its place, ``when`` (before, now), ``y`` the share."""
    rows: Rows = []
    for column in columns:
        shape = shapes[column]
        codes = shape.codes(values[column])
        before = _with_missing(shape, np.asarray(shape.counts, np.int64), shape.missing)
        now = _with_missing(shape, counted(codes, len(shape.counts)), int((codes == MISSING).sum()))
        for place, name in enumerate(_names(shape)):
            for when, counts in (("before", before), ("now", now)):
                share = float(counts[place] / max(1, counts.sum()))
                rows.append({"of": column, "x": name, "o": place, "when": when, "y": share})
    return rows


def _with_missing(shape: Shape, counts: npt.NDArray[np.int64], missing: int) -> npt.NDArray[np.int64]:
    return np.append(grouped(counts, shape.groups), missing)


def _names(shape: Shape) -> list[str]:
    groups = shape.groups
    if isinstance(shape, NumberShape):
        ends = [shape.edges[np.flatnonzero(groups == g)[-1]] for g in range(int(groups.max(initial=0)))]
        return [*(f"≤ {end:.4g}" for end in ends), "more", "missing"]
    last = int(groups.max(initial=0))
    names = [shape.levels[g][:20] if g < len(shape.levels) and g < last else "others" for g in range(last + 1)]
    return [*names, "missing"]
