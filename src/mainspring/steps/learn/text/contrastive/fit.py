"""A tuned encoder and a line over its vectors, with the numbers and categories beside them."""

import atexit
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import refuse_one_class
from mainspring.steps.learn.text.encoded.lines import Lines
from mainspring.steps.learn.text.encoded.model import EncodedModel
from mainspring.steps.learn.text.encoded.vectors import Vectors, default_for
from mainspring.steps.learn.text.kinds import contrastive, lacks_encoders, lacks_tuning
from mainspring.steps.learn.text.lesson import held_of, text_lesson_of, why_unread

MOST_CLASSES = 1000


@dataclass(frozen=True)
class Contrastive:
    """For classes. ``settings["encoder"]`` names the encoder, a folder or an id; by default it is the one that knows the letters."""

    name: str = "encoder_contrastive"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        if goal.question != Question.CLASS:
            return "it answers classes only"
        if goal.pair is not None:
            return "it lays single texts together, not pairs of them"
        if len(goal.classes) > MOST_CLASSES:
            return f"more than {MOST_CLASSES} classes"
        return why_unread(profile, goal) or lacks_encoders() or lacks_tuning()

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> EncodedModel:
        lesson = text_lesson_of(train, goal)
        refuse_one_class(lesson.plain(lesson.rows.matrix), goal)
        texts = [text or "" for column in lesson.rows.texts for text in column]
        name = str(self.settings.get("encoder") or default_for(texts))
        folder = contrastive().tuned(name, *lesson.examples(), goal.seed, budget)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        known = Vectors(name, folder)
        card = replace(lesson.card("encoded", goal, train.schema.field(goal.target).type), rows=len(train))
        with threadpool_limits(budget.threads):
            return Lines(card, lesson, known, budget).chosen(self.tuned, held_of(valid, goal))[0]
