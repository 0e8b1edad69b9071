"""Kinds: names of learners and of saved models, and where they are. Loaded on use."""

import importlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from mainspring.errors import SpecError, nearest
from mainspring.steps.learn.learner import Learner

HERE = "mainspring.steps.learn.tabular"
TEXT = "mainspring.steps.learn.text"

LEARNERS: Mapping[str, str] = {
    "linear": f"{HERE}.linear.fit:Linear",
    "least_squares": f"{HERE}.linear.fit:LeastSquares",
    "crossed": f"{HERE}.expanded.fit:Crossed",
    "waves": f"{HERE}.expanded.fit:Waves",
    "elastic_net": f"{HERE}.linear.elastic_net:ElasticNet",
    "knn": f"{HERE}.neighbours.fit:Neighbours",
    "decision_tree": f"{HERE}.forest.fit:Forest",
    "random_forest": f"{HERE}.forest.fit:Forest",
    "extra_trees": f"{HERE}.forest.fit:Forest",
    "lightgbm": f"{HERE}.lightgbm.fit:LightGBM",
    "paired": f"{HERE}.paired.fit:Paired",
    "xgboost": f"{HERE}.xgboost.fit:XGBoost",
    "catboost": f"{HERE}.catboost.fit:CatBoost",
    "mlp": f"{HERE}.network.fit:Network",
    "network": f"{HERE}.network.fit:Network",
    "small_network": f"{HERE}.network.fit:Network",
    "linear_network": f"{HERE}.network.fit:Network",
    "encoder_linear": f"{TEXT}.encoded.fit:EncoderLinear",
    "encoder_contrastive": f"{TEXT}.contrastive.fit:Contrastive",
    "tfidf_bayes": f"{TEXT}.tfidf.bayes:TfidfBayes",
    "tfidf_linear": f"{TEXT}.tfidf.fit:TfidfLinear",
    "encoder_tuned": f"{TEXT}.tuned.learner:EncoderTuned",
    "tagger": f"{TEXT}.tagging.tagger:Tagger",
    "one_vs_rest": f"{TEXT}.multilabel.learner:OneVsRest",
}

MODELS: Mapping[str, str] = {
    "linear": f"{HERE}.linear.model:LinearModel",
    "expanded": f"{HERE}.expanded.model:ExpandedModel",
    "neighbours": f"{HERE}.neighbours.model:NeighboursModel",
    "forest": f"{HERE}.forest.model:ForestModel",
    "lightgbm": f"{HERE}.lightgbm.model:BoostedModel",
    "paired": f"{HERE}.paired.model:PairedModel",
    "xgboost": f"{HERE}.lightgbm.model:BoostedModel",
    "catboost": f"{HERE}.lightgbm.model:BoostedModel",
    "network": f"{HERE}.network.model:NetworkModel",
    "encoded": f"{TEXT}.encoded.model:EncodedModel",
    "tfidf": f"{TEXT}.tfidf.model:TfidfModel",
    "log_target": f"{HERE}.log_target.model:LogTargetModel",
    "tagger": f"{TEXT}.tagging.model:TaggerModel",
    "one_vs_rest": f"{TEXT}.multilabel.model:OneVsRestModel",
    "blend": "mainspring.steps.learn.blend.model:Blend",
    "stacked": "mainspring.steps.learn.stack.model:StackedModel",
}


def learner_named(kind: str, **settings: Any) -> Learner:
    """The learner of a kind, with its own settings.

    Raises:
        SpecError: there is no such kind; the remedy names the nearest.
    """
    if kind not in LEARNERS:
        guess = nearest(kind, LEARNERS)
        raise SpecError(
            f"there is no learner {kind!r}", where="learn.candidates",
            remedy=f"did you mean {guess!r}?" if guess else f"known: {', '.join(LEARNERS)}",
        )  # fmt: skip
    module, _, name = LEARNERS[kind].partition(":")
    make = getattr(importlib.import_module(module), name)
    # One class may learn several kinds; it has a field for which.
    several = {"kind": kind} if any(f.name == "kind" for f in fields(make)) else {}
    return cast(Learner, make(**{"name": kind, **several, **settings}))
