"""Kinds: which kinds of model can be exported, and the function that writes each."""

from collections.abc import Callable, Mapping
from typing import Any

from mainspring.measure.graph import Graph, Wire
from mainspring.steps.learn.export.members import boosted, forest, linear

Write = Callable[[Any, Graph, Wire], Wire]
"""A model and a matrix (n × features, doubles) → its scores (n × classes, or n × 1)."""

WRITERS: Mapping[str, Write] = {
    "linear": linear,
    "forest": forest,
    "lightgbm": boosted,
    "xgboost": boosted,
    "catboost": boosted,
}
"""By the kind on a model's card."""
