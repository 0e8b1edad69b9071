"""Fit: an encoder trained on with a line of classes over it; then a line anew over what it makes of texts, with the numbers beside them."""

import atexit
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from threadpoolctl import threadpool_limits
from torch import nn

from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import refuse_one_class
from mainspring.steps.learn.text.encoded.lines import Lines
from mainspring.steps.learn.text.encoded.model import EncodedModel
from mainspring.steps.learn.text.encoded.vectors import Vectors, default_for
from mainspring.steps.learn.text.encoder.drawn import PREFIXES
from mainspring.steps.learn.text.encoder.encoder import begun
from mainspring.steps.learn.text.encoder.places import folder_of
from mainspring.steps.learn.text.encoder.tokens import Tokens, padded
from mainspring.steps.learn.text.encoder.weights import TOKENIZER, Shape
from mainspring.steps.learn.text.lesson import TextLesson, held_of, text_lesson_of
from mainspring.steps.learn.text.tuned.learner import EncoderTuned
from mainspring.steps.learn.text.tuning.course import Course, Judging, Pace, Reached
from mainspring.steps.learn.text.tuning.masked import State, read_on, unlabelled_of
from mainspring.steps.learn.text.tuning.methods import APART, Adapted
from mainspring.steps.learn.text.tuning.network import left, left_beside, mean_of, pretrained

READ = 96
"""Tokens of a text that are learned from; of two that are read together twice as many."""
SHARP = 16.0
"""By how much vectors of length one are stretched for the line of classes: or it could not be sure of anything."""
BESIDE_RATE = 1e-3
"""The rate of learning where few weights are learned, which begin as nothing."""

READING_ON = 0.3
"""The share of the time that an encoder reads on in texts before it is tuned, where that is asked for."""
ADAPTED, HALF = "adapted", 0.5
"""In which share of the folds that was better; it is done on all rows where it was in more than half."""

Ints = npt.NDArray[np.int64]


def fit(learner: EncoderTuned, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> EncodedModel:
    lesson = text_lesson_of(train, goal)
    refuse_one_class(lesson.plain(lesson.rows.matrix), goal)
    settings = dict(learner.settings)
    texts = [text or "" for column in lesson.rows.texts for text in column]
    name, method = str(settings.pop("encoder", None) or default_for(texts)), str(settings.pop("method", "full"))
    pace = Pace(rate=1e-4 if method == "full" else BESIDE_RATE, tokens=2048, texts=32, seed=goal.seed)
    merged, unlabelled = bool(settings.pop("merged", False)), settings.pop("unlabelled", None)
    longest = int(settings.pop("longest", READ if lesson.pair is None else 2 * READ))
    make = partial(_Tuning, name, method, longest, replace(pace, **settings), len(goal.classes))
    held = held_of(valid, goal)
    if unlabelled is None:
        tuning, tuned = make(), dict[str, float]()
        tuning.learn(lesson, held, budget)
    else:
        more = [text for text in unlabelled_of(Path(unlabelled)) if text.strip()]
        share = None if held is not None else learner.tuned.get(ADAPTED, 1.0)
        tuning, tuned = _better(make, lesson, held, [*(text for text in texts if text.strip()), *more], share, budget)
    folder = tuning.left(pairs=lesson.pair is not None, merged=merged)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    card = replace(
        lesson.card("encoded", goal, train.schema.field(goal.target).type), rows=len(train), notes=tuple(tuning.told)
    )
    with threadpool_limits(budget.threads):
        model = Lines(card, lesson, Vectors(name, folder), budget).chosen(learner.tuned, held)
    model.tuned |= tuned
    return model


def _better(
    make: "Callable[[], _Tuning]", lesson: TextLesson, held: TextLesson | None, texts: Sequence[str], share: float | None,
    budget: Budget,
) -> tuple["_Tuning", dict[str, float]]:  # fmt: skip
    """What is tuned after it read on in ``texts``, or what is tuned at once: of the two that which is better on the rows held back.

    Where there are none, ``share`` says in which share of the folds reading on was better.
    """
    if share is not None and share <= HALF:
        tuning = make()
        tuning.learn(lesson, held, budget)
        tuning.told.append(
            f"reading on in {len(texts):,} texts was refused: better on validation in {share:.0%} of the folds"
        )
        return tuning, {ADAPTED: share}
    tuning = make()
    tuning.read_on(texts, budget)
    reached = tuning.learn(lesson, held, budget, share=1.0 if held is None else HALF)
    if held is None:
        seen = "" if share is None else f": better on validation in {share:.0%} of the folds, kept"
        tuning.told[0] += seen
        return tuning, {ADAPTED: 1.0 if share is None else share}
    plain = make()
    without = plain.learn(lesson, held, budget)
    # What was not judged for want of time was not seen to be better.
    kept = reached.best is not None and without.best is not None and reached.best > without.best
    return (tuning if kept else plain), {ADAPTED: float(kept)}


@dataclass(frozen=True, slots=True)
class _Read:
    """Tokens of texts, which of two texts each is of, and the class of each text."""

    ids: list[list[int]]
    segments: list[list[int]]
    of: Ints


class _Network(nn.Module):
    """Scores of classes (texts × classes), by the mean over tokens as the served encoder takes it."""

    def __init__(self, adapted: Adapted, width: int, classes: int) -> None:
        super().__init__()
        self.encoder = adapted.encoder
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(width, classes)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor | None) -> torch.Tensor:
        more = {} if segments is None else {"token_type_ids": segments}
        told = self.encoder(input_ids=ids, attention_mask=mask, **more).last_hidden_state
        return self.head(self.drop(SHARP * nn.functional.normalize(mean_of(told, mask).float(), dim=-1)))


class _Tuning:
    def __init__(self, name: str, method: str, longest: int, pace: Pace, classes: int) -> None:
        self._name, self._pace = name, pace
        self._source = folder_of(name)
        shape = Shape.of(self._source)
        self._tokens = Tokens.open(self._source / TOKENIZER, min(longest, shape.longest))
        self._method, self._shape, self._classes = method, shape, classes
        self._adapt(None)
        self._read_on = False
        self.told: list[str] = []

    def _adapt(self, state: State | None) -> None:
        torch.manual_seed(self._pace.seed)
        encoder = pretrained(self._source)
        if state is not None:
            encoder.load_state_dict(state)
        self._segmented = int(encoder.config.type_vocab_size) > 1
        self._adapted = Adapted(encoder, self._method)
        self._network = _Network(self._adapted, self._shape.width, self._classes)

    def read_on(self, texts: Sequence[str], budget: Budget) -> None:
        """Before it is tuned."""
        encoder = pretrained(self._source)
        prefix = PREFIXES.get(self._name, "")
        found = read_on(encoder, self._tokens, [prefix + text for text in texts], budget, READING_ON, self._pace.seed)
        self._adapt(found.state)
        self._read_on = True
        self.told.append(found.told)

    def learn(self, lesson: TextLesson, held: TextLesson | None, budget: Budget, *, share: float = 1.0) -> Reached:
        """``share`` is of the time left."""
        read = self._read(lesson)
        lengths = [len(ids) for ids in read.ids]
        other = None if held is None else self._read(held)
        judge = None if other is None else partial(self._judged, other)

        def loss(batch: Sequence[int]) -> torch.Tensor:
            scores = self._scores(read, batch)
            return nn.functional.cross_entropy(scores, torch.from_numpy(read.of[batch])) + self._adapted.penalty

        course = Course(self._network, lambda _: lengths, loss, self._pace, Judging(judge))
        reached = course.run(budget, self._adapted.after, share=share)
        self.told.append(
            f"{self._adapted.method}: {reached.trained:,} of {reached.total:,} weights were learned, in {reached.steps:,} steps"
        )
        return reached

    def left(self, *, pairs: bool, merged: bool) -> Path:
        """A new folder with the encoder as it was learned, or the adapter alone."""
        if self._adapted.method not in APART or merged or self._read_on:
            return left(self._name, self._source, self._adapted.arrays(), pairs=pairs)
        adapter = self._adapted.adapter()
        self.told.append(f"kept apart from the encoder {self._name!r}, which it is asked of: {adapter.size:,} numbers")
        return left_beside(self._name, self._source, adapter, pairs=pairs)

    def _read(self, lesson: TextLesson) -> _Read:
        """Each text, or pair of them, is an example of its row's class; blank ones teach nothing."""
        prefix = PREFIXES.get(self._name, "")
        texts, of = lesson.examples()
        found = self._tokens.of([begun(prefix, text) for text in texts])
        segments = [one.type_ids for one in found] if lesson.pair is not None and self._segmented else []
        return _Read([one.ids for one in found], segments, of)

    def _scores(self, read: _Read, some: Sequence[int]) -> torch.Tensor:
        matrix, mask = padded([read.ids[i] for i in some])
        of = torch.from_numpy(padded([read.segments[i] for i in some])[0]) if read.segments else None
        return self._network(torch.from_numpy(matrix), torch.from_numpy(mask).long(), of).float()

    @torch.no_grad()
    def _judged(self, read: _Read) -> float:
        """The mean logarithm of the probability of what is true."""
        total = 0.0
        order = sorted(range(len(read.ids)), key=lambda i: len(read.ids[i]))
        for at in range(0, len(order), 64):
            some = order[at : at + 64]
            scores = self._scores(read, some)
            total -= float(nn.functional.cross_entropy(scores, torch.from_numpy(read.of[some]), reduction="sum"))
        return total / max(1, len(order))
