"""Network: what a neural network makes of a matrix of features, as operations. The same numbers as its ``scores``."""

import numpy as np

from mainspring.measure.graph import Graph, Wire
from mainspring.model import Question
from mainspring.steps.learn.export.members import place, probabilities
from mainspring.steps.learn.tabular.network.encoding import REACH, Encoding
from mainspring.steps.learn.tabular.network.model import NetworkModel
from mainspring.steps.learn.tabular.network.weights import Weights

QUARTER = np.pi / 2.0


def network(model: NetworkModel, graph: Graph, matrix: Wire) -> Wire:
    numbers, marks = _plain(model.encoding, graph, matrix)
    places = _places(model.encoding, graph, matrix)
    raws = [_raw(net.astype(np.float64), model.encoding, graph, (numbers, marks, places)) for net in model.networks]
    total = raws[0]
    for raw in raws[1:]:
        total = graph.add("Add", total, raw)
    mean = graph.add("Div", total, graph.constant(float(len(raws))))
    if model.card.question == Question.NUMBER:
        level, spread = (graph.constant(float(value)) for value in model.scale)
        return graph.add("Add", graph.add("Mul", mean, spread), level)
    return probabilities(graph, mean, model.networks[0].outputs)


def _plain(encoding: Encoding, graph: Graph, matrix: Wire) -> tuple[Wire | None, list[Wire]]:
    """Scaled and clipped numbers (n × f), and the marks of those that may be missing."""
    if not len(encoding.numbers):
        return None, []
    part = graph.add("Gather", matrix, graph.constant(encoding.numbers), axis=1)
    missing = graph.add("IsNaN", graph.add("Sub", part, part))
    median, lowest, highest, scale = (
        graph.constant(value) for value in (encoding.median, *encoding.ends, encoding.scale)
    )
    filled = graph.add("Where", missing, median, part)
    bounded = graph.add("Min", graph.add("Max", filled, lowest), highest)
    scaled = graph.add("Mul", graph.add("Sub", bounded, median), scale)
    squared = graph.add("Mul", graph.add("Mul", scaled, scaled), graph.constant(1.0 / REACH**2))
    clipped = graph.add("Div", scaled, graph.add("Sqrt", graph.add("Add", squared, graph.constant(1.0))))
    marked = np.flatnonzero(encoding.has_missing)
    if not len(marked):
        return clipped, []
    marks = graph.add("Gather", graph.add("Cast", missing, to="double"), graph.constant(marked), axis=1)
    return clipped, [marks]


def _places(encoding: Encoding, graph: Graph, matrix: Wire) -> list[Wire]:
    """Of each category its place among its own, a column (n) each."""
    codes = (graph.add("Gather", matrix, graph.constant(np.int64(j)), axis=1) for j in encoding.categories)
    return [place(graph, code, int(levels)) for code, levels in zip(codes, encoding.levels, strict=True)]


def _raw(weights: Weights, encoding: Encoding, graph: Graph, seen: tuple[Wire | None, list[Wire], list[Wire]]) -> Wire:
    numbers, marks, places = seen
    parts = [*([] if numbers is None else [numbers]), *marks]
    if numbers is not None and weights.mix.size:
        parts.append(_waves(weights, graph, numbers))
    for at, start, levels in zip(places, encoding.firsts, encoding.levels, strict=True):
        parts.append(graph.add("Gather", graph.constant(weights.table[start : start + levels + 1]), at, axis=0))
    inputs = graph.add("Concat", *parts, axis=1)
    hidden = graph.add("Mul", graph.add("Unsqueeze", inputs, _axes(graph, 1)), graph.constant(weights.scale))
    for matrix, bias in weights.layers:
        sums = graph.add("Add", graph.add("MatMul", hidden, graph.constant(matrix)), graph.constant(bias))
        hidden = graph.add("Max", sums, graph.constant(0.0))
    members, width, outputs = weights.head.shape
    head = graph.constant(weights.head.reshape(members * width, outputs) / members)
    flat = graph.add("Reshape", hidden, _axes(graph, -1, members * width))
    return graph.add("Add", graph.add("MatMul", flat, head), graph.constant(weights.bias.mean(axis=0)))


def _waves(weights: Weights, graph: Graph, numbers: Wire) -> Wire:
    """The periodic embeddings (n × f·mixed). Cosines as sines: of doubles not every runtime knows the former."""
    each = graph.add("Unsqueeze", numbers, _axes(graph, 2))
    angles = graph.add("Mul", each, graph.constant(weights.frequency))
    waves = graph.add("Sin", graph.add("Add", angles, graph.constant(weights.phase + QUARTER)))
    mixed = graph.add("MatMul", graph.add("Unsqueeze", waves, _axes(graph, 2)), graph.constant(weights.mix))
    return graph.add("Reshape", mixed, _axes(graph, -1, weights.mix.shape[0] * weights.mix.shape[2]))


def _axes(graph: Graph, *values: int) -> Wire:
    return graph.constant(np.array(values, np.int64))
