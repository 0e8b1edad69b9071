"""Members: what each kind of model makes of a matrix of features, as operations. The same numbers as its ``scores``."""

import numpy as np

from mainspring.measure.graph import Graph, Wire
from mainspring.model import Question
from mainspring.steps.learn.export.trees import TextTree, ensemble, trees_in
from mainspring.steps.learn.tabular.expanded.model import ExpandedModel
from mainspring.steps.learn.tabular.expanded.pairs import Pairs
from mainspring.steps.learn.tabular.expanded.waves import Waves
from mainspring.steps.learn.tabular.forest.model import ForestModel
from mainspring.steps.learn.tabular.lightgbm.model import BoostedModel
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.model import LinearModel
from mainspring.steps.learn.tabular.log_target.model import BEYOND, LogTargetModel
from mainspring.steps.learn.tabular.neighbours.model import BEYOND as BEYOND_LAST
from mainspring.steps.learn.tabular.neighbours.model import PRIOR, SAME, NeighboursModel
from mainspring.steps.learn.tabular.scores import Floats

STEEP = 700.0
"""Log-odds beyond which nothing is likelier."""


def boosted(model: BoostedModel, graph: Graph, matrix: Wire) -> Wire:
    trees = trees_in(model.walked)
    targets = np.arange(len(trees)) % model.outputs
    held = [tree.leaves * model.scale.size for tree in trees]
    sums = ensemble(graph, matrix, trees, held, targets)
    raw = graph.add("Add", sums, graph.constant(np.array(model.scale.offset)))
    return raw if model.card.question == Question.NUMBER else probabilities(graph, raw, model.outputs)


def forest(model: ForestModel, graph: Graph, matrix: Wire) -> Wire:
    trees = trees_in(model.trees.text(len(model.card.input)))
    values = model.trees.value[model.trees.left < 0]
    bounds = np.cumsum([len(tree.leaves) for tree in trees])[:-1]
    if values.shape[1] > 2:
        return _of_many_classes(graph, matrix, trees, values)
    held = np.split(values[:, -1] / len(trees), bounds)
    mean = ensemble(graph, matrix, trees, held, np.zeros(len(trees), np.int64))
    return mean if model.card.question == Question.NUMBER else both(graph, mean)


def _of_many_classes(graph: Graph, matrix: Wire, trees: list[TextTree], values: np.ndarray) -> Wire:
    """A leaf of an ensemble counts to one target only: so each tree tells its leaf's number, by which all classes are looked up."""
    numbers = np.split(np.arange(float(len(values))), np.cumsum([len(tree.leaves) for tree in trees])[:-1])
    reached = ensemble(graph, matrix, trees, numbers, np.arange(len(trees)))
    held = graph.add("Gather", graph.constant(values), graph.add("Cast", reached, to="int64"))
    return graph.add("ReduceMean", held, graph.constant(np.array([1])), keepdims=0)


def linear(model: LinearModel, graph: Graph, matrix: Wire) -> Wire:
    raw = _weighed(model.design, model.weights, model.intercept, graph, matrix)
    return raw if model.card.question == Question.NUMBER else probabilities(graph, raw, model.weights.shape[1])


def expanded(model: ExpandedModel, graph: Graph, matrix: Wire) -> Wire:
    made = model.expansion
    columns = _pairs(made, graph, matrix) if isinstance(made, Pairs) else [_waves(made, graph, matrix)]
    return linear(model.inner, graph, graph.add("Concat", matrix, *columns, axis=1))


def _waves(waves: Waves, graph: Graph, matrix: Wire) -> Wire:
    return graph.add("Cos", _weighed(waves.design, waves.directions, waves.phases, graph, matrix))


def _pairs(pairs: Pairs, graph: Graph, matrix: Wire) -> list[Wire]:
    parts: list[Wire] = []
    if len(pairs.products):
        scaled, _ = _standardised(pairs, graph, matrix)
        first, second = (graph.add("Gather", scaled, graph.constant(side), axis=1) for side in pairs.products.T.copy())
        parts.append(graph.add("Mul", first, second))
    if len(pairs.combinations):
        first, second = (
            _codes(graph, graph.add("Gather", matrix, graph.constant(side), axis=1), levels.astype(np.float64))
            for side, levels in zip(pairs.combinations.T.copy(), pairs.levels.T.copy(), strict=True)
        )
        size = graph.constant(pairs.levels[:, 1] + 1.0)
        parts.append(graph.add("Add", graph.add("Mul", first, size), second))
    return parts


def _weighed(design: Design, weights: Floats, intercept: Floats, graph: Graph, matrix: Wire) -> Wire:
    """``design.weigh(matrix, weights) + intercept``."""
    first, second = len(design.numbers), len(design.numbers) + int(design.has_missing.sum())
    raw = graph.constant(intercept)
    if first:
        scaled, missing = _standardised(design, graph, matrix)
        raw = graph.add("Add", graph.add("MatMul", scaled, graph.constant(weights[:first])), raw)
        if second > first:
            marks = graph.add("Cast", missing, to="double")
            of_marks = np.zeros((first, weights.shape[1]))
            of_marks[design.has_missing] = weights[first:second]
            raw = graph.add("Add", graph.add("MatMul", marks, graph.constant(of_marks)), raw)
    for category, levels, start in zip(design.categories, design.levels, design.firsts, strict=True):
        code = graph.add("Gather", matrix, graph.constant(np.int64(category)), axis=1)
        held = graph.constant(weights[second + start : second + start + levels + 1])
        raw = graph.add("Add", graph.add("Gather", held, place(graph, code, int(levels))), raw)
    return raw


def neighbours(model: NeighboursModel, graph: Graph, matrix: Wire) -> Wire:
    kept = model.kept
    places = _weighed(model.design, model.stretch, np.zeros(model.stretch.shape[1]), graph, matrix)
    lengths = graph.add("ReduceSum", graph.add("Mul", places, places), graph.constant(np.array([1])), keepdims=1)
    crossed = graph.add("MatMul", places, graph.constant(-2.0 * kept.places.T))
    apart = graph.add("Add", graph.add("Add", crossed, graph.constant((kept.places**2).sum(axis=1))), lengths)
    apart = graph.add("Max", apart, graph.constant(0.0))
    nearest = graph.add("TopK", apart, graph.constant(np.array([model.k + 1])), axis=1, largest=0, unused=1)
    last = graph.add("Gather", nearest, graph.constant(np.array([model.k])), axis=1)
    reach = graph.add("Add", graph.add("Mul", last, graph.constant(BEYOND_LAST)), graph.constant(SAME))
    near = graph.add("Sub", graph.constant(1.0), graph.add("Div", apart, reach))
    near = graph.add("Max", near, graph.constant(0.0))
    total = graph.add("MatMul", near, graph.constant(kept.counts[:, None]))
    told = graph.add("MatMul", near, graph.constant(kept.values * kept.counts[:, None]))
    if model.card.question == Question.NUMBER:
        return graph.add("Div", told, total)
    prior = graph.constant(PRIOR * kept.usual)
    return graph.add("Div", graph.add("Add", told, prior), graph.add("Add", total, graph.constant(PRIOR)))


def exponential(model: LogTargetModel, graph: Graph, raw: Wire) -> Wire:
    """From logarithms (n, 1) back to the target's unit."""
    low, high = (graph.constant(end) for end in (model.ends[0] - BEYOND, model.ends[1] + BEYOND))
    power = graph.add("Exp", graph.add("Min", graph.add("Max", raw, low), high))
    if model.unit == 0.0:
        return graph.add("Mul", power, graph.constant(model.level))
    gone = graph.add("Sub", power, graph.constant(1.0))
    return graph.add("Mul", gone, graph.constant(model.level * model.unit))


def _standardised(design: Design | Pairs, graph: Graph, matrix: Wire) -> tuple[Wire, Wire]:
    """Its numbers (n × numbers), clipped and scaled, and which of them were missing."""
    part = graph.add("Gather", matrix, graph.constant(design.numbers), axis=1)
    missing = graph.add("IsNaN", graph.add("Sub", part, part))
    filled = graph.add("Where", missing, graph.constant(design.median), part)
    bounded = graph.add("Min", graph.add("Max", filled, graph.constant(design.low)), graph.constant(design.high))
    scaled = graph.add("Div", graph.add("Sub", bounded, graph.constant(design.mean)), graph.constant(design.scale))
    return scaled, missing


def _codes(graph: Graph, codes: Wire, levels: Floats | np.float64) -> Wire:
    """Codes (n × columns) with one added; 0 for those that are unknown or beyond the ``levels`` of their column."""
    low = graph.add("GreaterOrEqual", codes, graph.constant(0.0))
    known = graph.add("And", low, graph.add("Less", codes, graph.constant(levels)))
    return graph.add("Where", known, graph.add("Add", codes, graph.constant(1.0)), graph.constant(0.0))


def place(graph: Graph, code: Wire, levels: int) -> Wire:
    """Codes (n) as places in a table whose first row is for those that are unknown or beyond ``levels``."""
    return graph.add("Cast", _codes(graph, code, np.float64(levels)), to="int64")


def probabilities(graph: Graph, raw: Wire, outputs: int) -> Wire:
    """Log-odds of the second of two classes (n × 1) or one a class (n × k), as probabilities (n × classes)."""
    if outputs > 1:
        return graph.add("Softmax", raw, axis=1)
    bounded = graph.add("Max", graph.add("Min", raw, graph.constant(STEEP)), graph.constant(-STEEP))
    return both(graph, graph.add("Sigmoid", bounded))


def both(graph: Graph, second: Wire) -> Wire:
    return graph.add("Concat", graph.add("Sub", graph.constant(1.0), second), second, axis=1)
