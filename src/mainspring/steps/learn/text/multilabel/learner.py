"""Learner: of several labels that may hold at once. Light until it learns."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from mainspring.measure.profile import Profile
from mainspring.model import Model, Question
from mainspring.steps.learn.learner import Budget, Folds, Goal, Preparer, Progress

FIT = "mainspring.steps.learn.text.multilabel.fit"
USUAL_CANDIDATES = ("tfidf_linear", "encoder_linear", "linear")
CANDIDATES = (*USUAL_CANDIDATES, "encoder_tuned")
"""What can be tried; an encoder is tuned only where it is named: that takes minutes."""


@dataclass(frozen=True)
class OneVsRest:
    """One logistic regression a label (one-vs-rest, or binary relevance: Tsoumakas & Katakis 2007) over words and over vectors,
    each with the columns beside the texts, that the ``preparer`` makes of raw rows, and over these alone.

    ``settings`` may name the ``encoder``, the ``columns`` of texts (none: there is no text), the ``candidates`` to try, and the
    ``latency`` (seconds a row) to keep. What is tried is judged on the ``folds``, row numbers (train, valid) of the training table.
    """

    name: str = "one_vs_rest"
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    folds: Folds = ()
    progress: Progress | None = None
    preparer: Preparer | None = None

    def fits(self, goal: Goal, profile: Profile) -> str | None:  # noqa: ARG002 — the interface of learners
        return None if goal.question == Question.LABELS else "it answers lists of labels only"

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> Model:
        """As :meth:`learn`; without folds, what is tried is judged on the rows of ``valid``, which is learned from in the end."""
        folds: Sequence[Any] = self.folds
        if not folds and valid is not None and len(valid):
            whole, count = pa.concat_tables([train, valid.select(train.column_names)]), len(train)
            parts = [(list(range(count)), list(range(count, len(whole))))]
            return importlib.import_module(FIT).learn(self, whole, goal, budget, parts).model
        return self.learn(train, goal, budget).model

    def learn(self, train: pa.Table, goal: Goal, budget: Budget) -> Any:
        """What was found (``fit.Learned``). ``train`` has the texts and, as the target, the labels of each as JSON.

        Raises:
            QualityError: there is nothing to learn from. LearnError: nothing that is asked for can take part, or a setting is unknown.
        """
        return importlib.import_module(FIT).learn(self, train, goal, budget, self.folds)
