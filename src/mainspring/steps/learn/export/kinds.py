"""Kinds: which kinds of model can be exported, and the function that writes each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mainspring.measure.graph import Graph, Wire
from mainspring.steps.learn.export.members import boosted, expanded, forest, linear, neighbours
from mainspring.steps.learn.export.network import network
from mainspring.steps.learn.learner import Learner
from mainspring.steps.learn.tabular.log_target.fit import LogTarget

Write = Callable[[Any, Graph, Wire], Wire]
"""A model and a matrix (n × features, doubles) → its scores (n × classes, or n × 1)."""

WRITERS: Mapping[str, Write] = {
    "linear": linear,
    "expanded": expanded,
    "neighbours": neighbours,
    "forest": forest,
    "lightgbm": boosted,
    "xgboost": boosted,
    "catboost": boosted,
    "network": network,
}
"""By the kind on a model's card."""


def only_exportable(learners: Sequence[Learner]) -> tuple[list[Learner], dict[str, str]]:
    """The learners whose models can be exported, and name → why not of the others."""
    kept = [learner for learner in learners if _room(learner) in WRITERS]
    reason = "its models cannot be exported to ONNX (learn.limits.runtime)"
    return kept, {learner.name: reason for learner in learners if learner not in kept}


def _room(learner: Learner) -> str:
    """The room a learner lives in, which is called as the kind of its models; of one that only turns the target, the one within."""
    learner = learner.learner if isinstance(learner, LogTarget) else learner
    return type(learner).__module__.split(".")[-2:][0]
