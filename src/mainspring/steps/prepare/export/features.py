"""Features as operations of a graph: what each kind of feature makes of its column, one function a kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mainspring.errors import ExportError
from mainspring.measure.graph import TREES, Graph, Wire
from mainspring.measure.values.reading import Reading
from mainspring.steps.prepare.export.dates import dates
from mainspring.steps.prepare.export.inputs import no_word, number, tensor_of
from mainspring.steps.prepare.features.categories import NONE, Categories
from mainspring.steps.prepare.features.dates import Dates
from mainspring.steps.prepare.features.feature import NAN, Feature
from mainspring.steps.prepare.features.numbers import Number
from mainspring.steps.prepare.features.target_means import TargetMeans
from mainspring.steps.prepare.table_transform import TableTransform

Written = list[Wire]
"""Of one feature its output columns, each double (n, 1)."""


def features(transform: TableTransform, graph: Graph, inputs: Mapping[str, Wire]) -> dict[str, Wire]:
    """Name → column (n, 1; category codes as doubles, -1 unknown) of every feature. ``inputs`` are the raw columns.

    Raises:
        ExportError: a column is prepared in a way that ONNX has no operators for; it is named.
    """
    written: dict[str, Wire] = {}
    for feature in transform.features:
        refuse_unwritable(feature)
        wires = WRITERS[type(feature)](feature, graph, transform.readings[feature.column], inputs[feature.column])
        written |= zip(feature.names, wires, strict=True)
    return written


def refuse_unwritable(feature: Feature) -> None:
    if type(feature) not in WRITERS:
        raise ExportError(
            f"the column {feature.column!r} cannot be exported to ONNX, which has no operators for its {type(feature).__name__.lower()}",
            where=feature.column,
            remedy=f"leave it out (learn.exclude: [{feature.column}]), or declare it a category (prepare.types), and learn again",
        )  # fmt: skip


def _number(feature: Number, graph: Graph, reading: Reading, wire: Wire) -> Written:  # noqa: ARG001 — one form for all
    return [number(graph, reading, wire)]


def _categories(feature: Categories, graph: Graph, reading: Reading, wire: Wire) -> Written:  # noqa: ARG001
    return [graph.add("Cast", _codes(graph, feature.levels, NONE, wire), to="double")]


def _target_means(feature: TargetMeans, graph: Graph, reading: Reading, wire: Wire) -> Written:
    rows = [(*means, share) for means, share in zip(feature.means, feature.shares, strict=True)]
    held = np.array([*rows, (*feature.whole, 0.0), (NAN,) * len(feature.names)])
    if tensor_of(reading) == "string":
        codes, missing = _codes(graph, feature.levels, len(rows), wire), no_word(graph, reading, wire)
    else:
        value = number(graph, reading, wire)
        codes, missing = _codes_of_numbers(graph, feature.levels, len(rows), value), graph.add("IsNaN", value)
    codes = graph.add("Where", missing, graph.constant(np.int64(len(rows) + 1)), codes)
    return [graph.add("Gather", graph.constant(column), codes) for column in held.T]


def _codes(graph: Graph, levels: Sequence[object], otherwise: int, wire: Wire) -> Wire:
    return graph.add(
        "LabelEncoder", wire, domain=TREES, keys_strings=list(levels), values_int64s=list(range(len(levels))),
        default_int64=otherwise,
    )  # fmt: skip


def _codes_of_numbers(graph: Graph, levels: Sequence[object], otherwise: int, wire: Wire) -> Wire:
    return graph.add(
        "LabelEncoder", wire, domain=TREES, keys_tensor=np.array(levels, dtype=np.float64),
        values_tensor=np.arange(len(levels)), default_tensor=np.array([otherwise]),
    )  # fmt: skip


def _dates(feature: Dates, graph: Graph, reading: Reading, wire: Wire) -> Written:  # noqa: ARG001
    return dates(feature, graph, wire)


WRITERS: Mapping[type, Callable[[Any, Graph, Reading, Wire], Written]] = {
    Number: _number,
    Categories: _categories,
    Dates: _dates,
    TargetMeans: _target_means,
}
