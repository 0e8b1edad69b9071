"""Whole: a model that a person can read, as plain values: the line of weights, the tree, or the sum of curves.

What it answers for a row can be worked out from these by hand, but for the calibration that follows.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.model import LEVELS, Model, Prepared, Question, origin_of
from mainspring.steps.learn.blend.model import Blend
from mainspring.steps.learn.export.trees import trees_in
from mainspring.steps.learn.tabular.answers import UNKNOWN, matrix_of
from mainspring.steps.learn.tabular.forest.model import ForestModel
from mainspring.steps.learn.tabular.lightgbm.model import BoostedModel
from mainspring.steps.learn.tabular.linear.design import UNBOUNDED
from mainspring.steps.learn.tabular.linear.model import LinearModel
from mainspring.steps.learn.tabular.log_target.model import LogTargetModel
from mainspring.steps.learn.tabular.scores import Floats, Scores

ROWS = 1000
"""Rows over which curves are centred."""
MOST_STEPS = 400
MOST_CLASSES = 10
LEAST = 1e-300
Plain = dict[str, Any]


def whole(model: Model, rows: pa.Table, private: Collection[str] = ()) -> Plain | None:
    """The model as plain values ready for JSON, or None where no person could read it. ``rows`` are raw.

    ``form`` is line, tree or curves; ``outputs`` are what its numbers add to: nothing for a number, the class whose log-odds they are, or
    each class; ``log``: they make the logarithm of the target; ``calibration`` follows. No value of a column in ``private`` is in it.
    """
    if not isinstance(model, Prepared) or not isinstance(model.model, Blend) or len(model.model.members) != 1:
        return None
    alone = model.model.members[0]
    inner = alone.inner if isinstance(alone, LogTargetModel) else alone
    if len(inner.card.classes) > MOST_CLASSES or not isinstance(inner, Scores):
        return None
    # What a feature was made of is told by what made it; a card that was read knows names and types only.
    made = model.transform.output
    read = _Read(inner, [made.field(name) for name in inner.card.input.names], frozenset(private))
    told = _told(read, inner, lambda: matrix_of(model.transform.apply(rows.slice(0, ROWS)), inner.card.input))
    if told is None:
        return None
    log = {"unit": alone.unit, "level": alone.level} if isinstance(alone, LogTargetModel) else None
    return {**told, "outputs": read.outputs, "log": log, "calibration": model.model.calibration.method}


def _told(read: "_Read", inner: Scores, matrix: Any) -> Plain | None:
    if isinstance(inner, LinearModel):
        return _line(read, inner)
    if isinstance(inner, ForestModel) and len(inner.trees.starts) == 1:
        return _tree(read, inner)
    if isinstance(inner, BoostedModel):
        steps = _steps(inner)
        return None if steps is None else _curves(read, inner, steps, matrix())
    return None


@dataclass(frozen=True, slots=True)
class _Read:
    """How the features of a model are called, and what may be said of their values."""

    model: Scores
    features: Sequence[pa.Field]
    private: frozenset[str]

    @property
    def outputs(self) -> list[str]:
        card = self.model.card
        if len(card.classes) != 2:
            return [str(label) for label in card.classes]
        return [str(card.classes[1] if card.positive is None else card.positive)]

    @property
    def turned(self) -> float:
        """-1 where the numbers are for the second of two classes, and the first is the positive one."""
        card = self.model.card
        return -1.0 if len(card.classes) == 2 and card.positive == card.classes[0] else 1.0

    def name(self, feature: int) -> str:
        return self.features[feature].name

    def hides(self, feature: int) -> bool:
        return origin_of(self.features[feature]) in self.private

    def levels(self, feature: int) -> list[str] | None:
        """Of a category; what may not be told is called by its number."""
        field = self.features[feature]
        if not pa.types.is_integer(field.type):
            return None
        known = json.loads((field.metadata or {}).get(LEVELS, b"[]"))
        return [f"#{i + 1}" for i in range(len(known))] if self.hides(feature) else [str(level) for level in known]

    def linked(self, matrix: Floats) -> Floats:
        """What the features' parts add up to (n × outputs)."""
        scores = self.model.scores(matrix)
        if self.model.card.question == Question.NUMBER:
            return scores
        logs = np.log(np.maximum(scores, LEAST))
        if scores.shape[1] == 2:
            return self.turned * (logs[:, 1:] - logs[:, :1])
        return logs - logs.mean(axis=1, keepdims=True)


def _line(read: _Read, model: LinearModel) -> Plain:
    design, weights = model.design, model.weights * read.turned
    numbers, marks = len(design.numbers), int(design.has_missing.sum())
    slopes = weights[:numbers] / design.scale[:, None]
    start = model.intercept * read.turned - (slopes * design.mean[:, None]).sum(axis=0)
    terms: list[Plain] = []
    of_missing = iter(weights[numbers : numbers + marks].tolist())
    for place, feature in enumerate(design.numbers.tolist()):
        missing = next(of_missing) if design.has_missing[place] else None
        ends = (design.low[place], design.high[place], design.median[place])
        low, high, usual = (None if read.hides(feature) or abs(end) >= UNBOUNDED else float(end) for end in ends)
        terms.append({
            "column": read.name(feature), "level": None, "weights": slopes[place].tolist(), "low": low, "high": high, "usual": usual,
            "missing": missing, "size": float(np.abs(weights[place]).max()),
        })  # fmt: skip
    held = weights[numbers + marks :]
    for feature, first, count in zip(
        *(part.tolist() for part in (design.categories, design.firsts, design.levels)), strict=True
    ):
        names = [None, *(read.levels(feature) or [])]
        for place in range(min(count + 1, len(names))):
            part = held[first + place]
            terms.append({"column": read.name(feature), "level": names[place] or "", "weights": part.tolist(),
                          "size": float(np.abs(part).max())})  # fmt: skip
    return {"form": "line", "start": start.tolist(), "terms": sorted(terms, key=lambda term: -term["size"])}


def _tree(read: _Read, model: ForestModel) -> Plain:
    trees = model.trees

    def node(at: int) -> Plain:
        if trees.left[at] < 0:
            values = trees.value[at]
            if len(values) == 2 and read.outputs:
                values = values[:1] if read.turned < 0 else values[1:]
            return {"values": values.tolist()}
        feature, threshold = int(trees.feature[at]), float(trees.threshold[at])
        levels = read.levels(feature)
        asked: Plain = {"column": read.name(feature), "missing_left": bool(trees.missing_left[at])}
        if levels is not None:
            asked |= {"among": [level for code, level in enumerate(levels) if code <= threshold]}
            asked["missing_left"] = threshold >= UNKNOWN
        else:
            asked["at"] = None if read.hides(feature) else threshold
        return {**asked, "left": node(int(trees.left[at])), "right": node(int(trees.right[at]))}

    return {"form": "tree", "root": node(0)}


def _steps(model: BoostedModel) -> dict[int, Floats] | None:
    """Of each number that is asked the values at which its curve steps; None where a tree asks more than one column."""
    found: dict[int, set[float]] = {}
    for tree in trees_in(model.walked):
        if len(tree.leaves) > 2:
            return None
        for feature, threshold, decision in zip(tree.feature, tree.threshold, tree.decision, strict=True):
            steps = found.setdefault(int(feature), set())
            if not decision & 1:
                steps.add(float(threshold))
    return {feature: np.array(sorted(steps)) for feature, steps in sorted(found.items())}


def _curves(read: _Read, model: BoostedModel, steps: dict[int, Floats], matrix: Floats) -> Plain:
    base = np.array([[UNKNOWN if pa.types.is_integer(f.type) else np.nan for f in model.card.input]])
    start, curves = read.linked(base)[0], list[Plain]()
    for feature, thresholds in steps.items():
        moved = read.linked(_with(base, feature, matrix[:, feature])) - start
        middle = moved.mean(axis=0)
        curve = _curve(read, feature, thresholds, matrix[:, feature])
        values = read.linked(_with(base, feature, curve.pop("asked"))) - start - middle
        curves.append({**curve, "values": values.T.tolist(), "size": float(moved.std(axis=0).max())})
        curves[-1]["missing"] = (-middle).tolist()
    for curve in curves:
        start = start - np.array(curve["missing"])
    return {"form": "curves", "start": start.tolist(), "curves": sorted(curves, key=lambda curve: -curve["size"])}


def _curve(read: _Read, feature: int, thresholds: Floats, seen: Floats) -> Plain:
    """Where a curve is drawn, and the values that are asked there."""
    name, levels = read.name(feature), read.levels(feature)
    if levels is not None:
        return {"column": name, "levels": levels, "asked": np.arange(len(levels), dtype=np.float64)}
    if len(thresholds) > MOST_STEPS:
        thresholds = thresholds[np.linspace(0, len(thresholds) - 1, MOST_STEPS).astype(np.int64)]
    known = seen[np.isfinite(seen)]
    low = min([*([known.min()] if len(known) else []), *thresholds[:1].tolist()], default=0.0)
    high = max([*([known.max()] if len(known) else []), *thresholds[-1:].tolist()], default=1.0)
    corners = np.array([low, *np.repeat(thresholds, 2).tolist(), high])
    # A value up to the threshold goes to the left: the upper end of each step stands for it.
    beyond = np.nextafter(thresholds, np.inf)
    asked = np.array([thresholds[0] if len(thresholds) else low, *_between(thresholds, beyond), high])
    if len(thresholds) and high <= thresholds[-1]:
        asked[-1] = beyond[-1]
    return {"column": name, "at": None if read.hides(feature) else corners.tolist(), "asked": asked}


def _between(thresholds: Floats, beyond: Floats) -> Iterator[float]:
    for upper, lower in zip(thresholds, beyond, strict=True):
        yield float(upper)
        yield float(lower)


def _with(base: Floats, feature: int, values: npt.NDArray[np.float64] | Sequence[float]) -> Floats:
    rows = np.repeat(base, len(values), axis=0)
    rows[:, feature] = values
    return cast(Floats, rows)
