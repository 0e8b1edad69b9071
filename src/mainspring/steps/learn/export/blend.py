"""Blend: the weighted mean of the members, calibrated, as operations; and the answers made of it."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import pyarrow as pa

from mainspring.errors import ExportError
from mainspring.measure.graph import Graph, Wire
from mainspring.model import ModelCard, Question
from mainspring.steps.learn.blend.calibration import EDGE, Calibration
from mainspring.steps.learn.blend.coverage import Coverage
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.export.kinds import WRITERS
from mainspring.steps.learn.export.members import both, exponential
from mainspring.steps.learn.stack.model import StackedModel
from mainspring.steps.learn.tabular.log_target.model import LogTargetModel
from mainspring.steps.learn.tabular.scores import Scores
from mainspring.steps.learn.text.rows import Blendable


def answers(model: Scores, graph: Graph, features: Mapping[str, Wire]) -> dict[str, Wire]:
    """Name → column (n) of what the model's card promises. ``features`` are columns (n, 1) of doubles.

    Raises:
        ExportError: a member cannot be exported; it is named.
    """
    matrix = graph.add("Concat", *(features[name] for name in model.card.input.names), axis=1)
    wire = scores(model, graph, matrix)
    answer = _answers(model.card, graph, wire)
    if isinstance(model, Blend) and model.scope is not None:
        raise ExportError(
            "whether a row is out of scope cannot be exported to ONNX",
            where="learn.out_of_scope",
            remedy="leave it out, and learn again",
        )
    if isinstance(model, Blend) and model.coverage is not None:
        refuse_sets(model.card.question)
        reach = _reach(model.coverage, graph, wire)
        answer |= {
            "lower": graph.add("Sub", answer["prediction"], reach),
            "upper": graph.add("Add", answer["prediction"], reach),
        }
    return answer


def scores(model: Scores, graph: Graph, matrix: Wire) -> Wire:
    """The model's scores (n × k) of a matrix (n × features)."""
    if isinstance(model, LogTargetModel):
        return exponential(model, graph, scores(model.inner, graph, matrix))
    if isinstance(model, StackedModel):
        return _stacked(model, graph, matrix)
    if not isinstance(model, Blend):
        refuse_unwritable(model.card.kind)
        return WRITERS[model.card.kind](model, graph, matrix)
    parts = [scores(_writable(member), graph, matrix) for member in model.members]
    return _calibrated(model.calibration, graph, _mean(parts, model.weights, graph))


def _stacked(model: StackedModel, graph: Graph, matrix: Wire) -> Wire:
    parts = [scores(member, graph, matrix) for member in model.members]
    top = scores(model.top, graph, graph.add("Concat", matrix, *parts, axis=1))
    return _mean([_mean(parts, model.weights, graph), top], [1.0 - model.share, model.share], graph)


def _mean(parts: Sequence[Wire], weights: Sequence[float], graph: Graph) -> Wire:
    first, *others = (
        graph.add("Mul", part, graph.constant(float(weight))) for part, weight in zip(parts, weights, strict=True)
    )
    for part in others:
        first = graph.add("Add", first, part)
    return first


def _writable(member: Blendable) -> Scores:
    if not isinstance(member, Scores):
        refuse_unwritable(member.card.kind)
    return cast(Scores, member)


def refuse_sets(question: Question) -> None:
    if question != Question.NUMBER:
        raise ExportError(
            "sets of classes cannot be exported to ONNX", where="learn.coverage", remedy="leave learn.coverage out"
        )


def refuse_unwritable(kind: str) -> None:
    if kind not in WRITERS:
        raise ExportError(
            f"models of the kind {kind!r} cannot be exported to ONNX",
            remedy=f"declare learn.limits.runtime: onnx and learn again, or learn.candidates among {', '.join(WRITERS)}",
        )


def _calibrated(calibration: Calibration, graph: Graph, wire: Wire) -> Wire:
    match calibration.method:
        case "none":
            return wire
        case "temperature":
            logs = graph.add("Log", _between(graph, wire, EDGE, 1.0))
            return graph.add("Softmax", graph.add("Div", logs, graph.constant(calibration.x[0])), axis=1)
        case "platt":
            inner = _between(graph, _second(graph, wire), EDGE, 1.0 - EDGE)
            odds = graph.add("Log", graph.add("Div", inner, graph.add("Sub", graph.constant(1.0), inner)))
            slope, shift = (graph.constant(value) for value in calibration.x)
            return both(graph, graph.add("Sigmoid", graph.add("Add", graph.add("Mul", odds, slope), shift)))
        case "isotonic":
            return both(graph, _line(graph, _second(graph, wire), np.array(calibration.x), np.array(calibration.y)))


def _reach(coverage: Coverage, graph: Graph, wire: Wire) -> Wire:
    """How far from each answer the interval ends: (n), or one number."""
    reach = graph.constant(coverage.reach)
    if not coverage.at:
        return reach
    error = _line(graph, wire, np.array(coverage.at), np.array(coverage.error))
    return graph.add("Mul", graph.add("Gather", error, graph.constant(np.int64(0)), axis=1), reach)


def _second(graph: Graph, wire: Wire) -> Wire:
    return graph.add("Gather", wire, graph.constant(np.array([1])), axis=1)


def _between(graph: Graph, wire: Wire, low: float, high: float) -> Wire:
    return graph.add("Min", graph.add("Max", wire, graph.constant(low)), graph.constant(high))


def _line(graph: Graph, wire: Wire, x: np.ndarray, y: np.ndarray) -> Wire:
    """A value (n, 1) on the line through the corners, level beyond its ends, as ``numpy.interp`` draws it."""
    reached = graph.add("Cast", graph.add("GreaterOrEqual", wire, graph.constant(x)), to="int64")
    place = graph.add("ReduceSum", reached, graph.constant(np.array([1])), keepdims=1)
    slopes = np.divide(np.diff(y), np.diff(x), out=np.zeros(len(x) - 1), where=np.diff(x) > 0)
    start, base, slope = np.append(x[:1], x), np.append(y[:1], y), np.concatenate([[0.0], slopes, [0.0]])
    gone = graph.add("Sub", wire, graph.add("Gather", graph.constant(start), place))
    rise = graph.add("Mul", gone, graph.add("Gather", graph.constant(slope), place))
    return graph.add("Add", graph.add("Gather", graph.constant(base), place), rise)


def _answers(card: ModelCard, graph: Graph, wire: Wire) -> dict[str, Wire]:
    def column(number: int) -> Wire:
        return graph.add("Gather", wire, graph.constant(np.int64(number)), axis=1)

    if card.question == Question.NUMBER:
        return {"prediction": column(0)}
    labels = graph.constant(_labels(card))
    picked = graph.add("Gather", labels, graph.add("ArgMax", wire, axis=1, keepdims=0))
    return {"prediction": picked} | {name: column(number) for number, name in enumerate(card.chances)}


def _labels(card: ModelCard) -> np.ndarray:
    kind = card.answer.field("prediction").type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array(card.classes, dtype=object)
    return pa.array(list(card.classes), kind).to_numpy(zero_copy_only=False)
