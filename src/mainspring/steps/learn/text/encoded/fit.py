"""A frozen encoder and a line over its vectors, with the numbers and categories beside them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.errors import LearnError
from mainspring.measure.profile import Profile
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import refuse_one_class
from mainspring.steps.learn.text.encoded.affordable import affordable
from mainspring.steps.learn.text.encoded.lines import Lines
from mainspring.steps.learn.text.encoded.model import EncodedModel
from mainspring.steps.learn.text.encoded.vectors import SMALL, beside, default_for, vectors
from mainspring.steps.learn.text.kinds import lacks_encoders
from mainspring.steps.learn.text.lesson import held_of, text_lesson_of, why_unread
from mainspring.steps.learn.text.rows import Text

MOST_CLASSES = 1000
SHARE, SHARE_HELD = 0.7, 0.4
"""Of the time left, for reading the rows to learn from; and before it those that are held back, which all have to be answered."""


@dataclass(frozen=True)
class EncoderLinear:
    """Logistic regression for classes, ridge for numbers. ``settings["encoder"]`` names the encoder, a folder or an id; by default it is
    the one that knows the letters; ``settings["precision"]`` is ``int8`` for weights of 8 bits: a third of the time a row, twice as many
    rows learned from in the time, and a little less told; ``settings["beside"]`` is for the other encoder beside that one: what two
    encoders miss are different texts. ``tuned["penalty"]`` is the strength where none is to be chosen."""

    name: str = "encoder_linear"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        if len(goal.classes) > MOST_CLASSES:
            return f"more than {MOST_CLASSES} classes"
        return why_unread(profile, goal) or lacks_encoders()

    def _encoder(self, texts: Sequence[Text]) -> str:
        named = self.settings.get("encoder")
        if not self.settings.get("beside"):
            return str(named or default_for(texts))
        if named:
            raise LearnError("the encoder to read with is named", where="learn.encoder", remedy="leave it out")
        return beside(default_for(texts))

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> EncodedModel:
        lesson = text_lesson_of(train, goal)
        texts = [text for column in lesson.rows.texts for text in column]
        small = SMALL if self.settings.get("precision") == "int8" else ""
        known = vectors(self._encoder(texts) + small)
        known.share(budget.shared)
        held = held_of(valid, goal)
        tested = None if held is None else affordable(held, known, budget, SHARE_HELD, all_of_them=True)
        lesson = affordable(lesson, known, budget, SHARE)
        refuse_one_class(lesson.plain(lesson.rows.matrix), goal)
        card = replace(lesson.card("encoded", goal, train.schema.field(goal.target).type), rows=len(train))
        with threadpool_limits(budget.threads):
            began = time.monotonic()
            lines = Lines(card, lesson, known, budget)
            ready = time.monotonic() - began
            model, alone = lines.chosen(self.tuned, tested)
            # Whoever learns it once more finds all texts read.
            model.again = None if budget.shared is None else ready + alone
            return model
