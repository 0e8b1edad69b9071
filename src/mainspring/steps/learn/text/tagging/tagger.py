"""Tagger: the learner of spans. Light until it learns."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from mainspring.measure.profile import Profile
from mainspring.model import Model, Question
from mainspring.steps.learn.learner import Budget, Goal, Progress
from mainspring.steps.learn.text.extra import ASKING, KEEPING, TUNING, refuse_missing

FIT = "mainspring.steps.learn.text.tagging.fit"


@dataclass(frozen=True)
class Tagger:
    """Fine-tunes an encoder to tag words.

    ``settings`` may name the ``encoder`` and the ``column`` of the text, ``longest`` (tokens of a window), ``class_weights``, the
    ``word_features`` that are seen beside tokens (``shape``, ``characters``; the shape where it is left out), ``int8``, and what
    :class:`~mainspring.steps.learn.text.tuning.course.Pace` has: ``epochs`` are obeyed as they are set, and left out are five, more where
    there is little text. ``folder`` keeps what a killed fit goes on from.
    """

    name: str = "tagger"
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    folder: Path | None = None
    progress: Progress | None = None

    def fits(self, goal: Goal, profile: Profile) -> str | None:  # noqa: ARG002 — the interface of learners
        return None if goal.question == Question.SPANS else "it answers spans only"

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> Model:
        """``train`` and ``valid`` have the text and, as the target, its spans as JSON.

        Raises:
            MissingExtra: what fine-tuning needs is not installed. QualityError: there is nothing to learn from.
            LearnError: there is no such encoder, or a setting is unknown.
        """
        refuse_missing("learn.question: spans", *ASKING, *KEEPING, *TUNING)
        return importlib.import_module(FIT).fit(self, train, valid, goal, budget)
