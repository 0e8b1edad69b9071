"""Tuning: an encoder with a line of classes over it, trained on texts: at once, behind reading on, or taught by another encoder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.text.encoder.drawn import PREFIXES
from mainspring.steps.learn.text.encoder.encoder import begun
from mainspring.steps.learn.text.encoder.places import folder_of
from mainspring.steps.learn.text.encoder.tokens import Tokens, padded
from mainspring.steps.learn.text.encoder.weights import TOKENIZER, Shape
from mainspring.steps.learn.text.lesson import TextLesson
from mainspring.steps.learn.text.tuning.course import Course, Judging, Pace, Reached
from mainspring.steps.learn.text.tuning.masked import State, read_on
from mainspring.steps.learn.text.tuning.methods import APART, Adapted
from mainspring.steps.learn.text.tuning.network import left, left_beside, mean_of, pretrained
from mainspring.steps.learn.text.tuning.taught import SOFT, UNKNOWN, Taught, blended

SHARP = 16.0
"""By how much vectors of length one are stretched for the line of classes: or it could not be sure of anything."""
READING_ON, TEACHING = 0.3, 0.4
"""The share of the time left that an encoder reads on in texts, or that its teacher is tuned, where that is asked for."""
TEACHING_RATE = 5e-5
"""The rate of learning of a teacher, which is larger."""
MOST_UNLABELLED = 20_000

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Read:
    """Tokens of texts, which of two texts each is of, and the class of each text (n), or which labels it has (n × labels)."""

    ids: list[list[int]]
    segments: list[list[int]]
    of: Ints | Bools

    def loss(self, scores: torch.Tensor, some: Sequence[int], how: str = "mean") -> torch.Tensor:
        """Of the scores (texts × classes) of ``some`` of them: cross-entropy; of labels that may hold together that of each."""
        of = torch.from_numpy(self.of[some])
        if self.of.ndim == 1:
            return nn.functional.cross_entropy(scores, of, reduction=how)
        return nn.functional.binary_cross_entropy_with_logits(scores, of.float(), reduction=how)


class Network(nn.Module):
    """Scores of classes or labels (texts × classes), by the mean over tokens as the served encoder takes it."""

    def __init__(self, adapted: Adapted, width: int, classes: int) -> None:
        super().__init__()
        self.encoder = adapted.encoder
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(width, classes)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor | None) -> torch.Tensor:
        more = {} if segments is None else {"token_type_ids": segments}
        told = self.encoder(input_ids=ids, attention_mask=mask, **more).last_hidden_state
        return self.head(self.drop(SHARP * nn.functional.normalize(mean_of(told, mask).float(), dim=-1)))


class Tuning:
    def __init__(self, name: str, method: str, longest: int, pace: Pace, classes: int) -> None:
        self._name, self._pace = name, pace
        self._source = folder_of(name)
        shape = Shape.of(self._source)
        self._tokens = Tokens.open(self._source / TOKENIZER, min(longest, shape.longest))
        self._method, self._shape, self._classes = method, shape, classes
        self._adapt(None)
        self._own = False
        """Whether the encoder that is tuned is another than that of the name."""
        self._taught: Taught | None = None
        self.told: list[str] = []

    def _adapt(self, state: State | None) -> None:
        torch.manual_seed(self._pace.seed)
        encoder = pretrained(self._source)
        if state is not None:
            encoder.load_state_dict(state)
        self._segmented = int(encoder.config.type_vocab_size) > 1
        self._adapted = Adapted(encoder, self._method)
        self._network = Network(self._adapted, self._shape.width, self._classes)

    def read_on(self, texts: Sequence[str], budget: Budget) -> None:
        """Before it is tuned."""
        encoder = pretrained(self._source)
        prefix = PREFIXES.get(self._name, "")
        found = read_on(encoder, self._tokens, [prefix + text for text in texts], budget, READING_ON, self._pace.seed)
        self._adapt(found.state)
        self._own = True
        self.told.append(found.told)

    def be_taught(
        self, teacher: str, lesson: TextLesson, unlabelled: Sequence[str], held: TextLesson | None, budget: Budget
    ) -> None:
        """By what a ``teacher``, an encoder tuned whole for the same classes, says of the training texts and of ``unlabelled`` ones."""
        pace = replace(self._pace, rate=TEACHING_RATE)
        other = Tuning(teacher, "full", self._tokens.longest, pace, self._classes)
        reached = other.learn(lesson, held, budget, share=TEACHING)
        texts, _ = lesson.examples()
        some = list(unlabelled[:: max(1, -(-len(unlabelled) // MOST_UNLABELLED))]) if lesson.pair is None else []
        self._taught = Taught(some, other.chances([*texts, *some]))
        good = "" if reached.best is None else f" (on validation {reached.best:.3f})"
        self.told.append(f"taught by {teacher!r}{good} on {len(texts):,} texts with a class and {len(some):,} without")

    @torch.no_grad()
    def chances(self, texts: Sequence[str | tuple[str, str]]) -> torch.Tensor:
        """What it says of texts (texts × classes), softened by :data:`SOFT`."""
        self._network.eval()
        read = self._read_texts(
            texts, np.zeros(len(texts), np.int64), pairs=any(isinstance(text, tuple) for text in texts)
        )
        found = torch.zeros(len(texts), self._classes)
        order = sorted(range(len(texts)), key=lambda i: len(read.ids[i]))
        for at in range(0, len(order), 64):
            some = order[at : at + 64]
            found[some] = torch.softmax(self._scores(read, some) / SOFT, dim=1)
        return found

    def learn(self, lesson: TextLesson, held: TextLesson | None, budget: Budget, *, share: float = 1.0) -> Reached:
        """``share`` is of the time left."""
        read, taught = self._read(lesson), self._taught
        if taught is not None and taught.unlabelled:
            more = self._read_texts(taught.unlabelled, np.full(len(taught.unlabelled), UNKNOWN), pairs=False)
            of = np.concatenate([read.of, more.of], dtype=np.int64)
            read = Read([*read.ids, *more.ids], read.segments, of)
        return self._learn(read, None if held is None else self._read(held), budget, share)

    def learn_labels(
        self, train: tuple[Sequence[str], Bools], held: tuple[Sequence[str], Bools] | None, budget: Budget
    ) -> Reached:
        """From texts (n) and which labels each has (n × labels); blank ones teach nothing."""
        return self._learn(self._labelled(train), None if held is None else self._labelled(held), budget, 1.0)

    def left(self, *, pairs: bool, merged: bool) -> Path:
        """A new folder with the encoder as it was learned, or the adapter alone."""
        if self._adapted.method not in APART or merged or self._own:
            return left(self._name, self._source, self._adapted.arrays(), pairs=pairs)
        adapter = self._adapted.adapter()
        self.told.append(f"kept apart from the encoder {self._name!r}, which it is asked of: {adapter.size:,} numbers")
        return left_beside(self._name, self._source, adapter, pairs=pairs)

    def _learn(self, read: Read, other: Read | None, budget: Budget, share: float) -> Reached:
        taught, lengths = self._taught, [len(ids) for ids in read.ids]
        judge = None if other is None else partial(self._judged, other)

        def loss(batch: Sequence[int]) -> torch.Tensor:
            scores = self._scores(read, batch)
            wrong = (
                read.loss(scores, batch)
                if taught is None
                else blended(scores, torch.from_numpy(read.of[batch]), taught.chances[list(batch)])
            )
            return wrong + self._adapted.penalty

        course = Course(self._network, lambda _: lengths, loss, self._pace, Judging(judge))
        reached = course.run(budget, self._adapted.after, share=share)
        self.told.append(
            f"{self._adapted.method}: {reached.trained:,} of {reached.total:,} weights were learned, in {reached.steps:,} steps"
        )
        return reached

    def _read(self, lesson: TextLesson) -> Read:
        """Each text, or pair of them, is an example of its row's class; blank ones teach nothing."""
        texts, of = lesson.examples()
        return self._read_texts(texts, of, pairs=lesson.pair is not None)

    def _labelled(self, told: tuple[Sequence[str], Bools]) -> Read:
        texts, of = told
        there = [n for n, text in enumerate(texts) if text.strip()]
        return self._read_texts([texts[n] for n in there], of[there], pairs=False)

    def _read_texts(self, texts: Sequence[str | tuple[str, str]], of: Ints | Bools, *, pairs: bool) -> Read:
        prefix = PREFIXES.get(self._name, "")
        found = self._tokens.of([begun(prefix, text) for text in texts])
        segments = [one.type_ids for one in found] if pairs and self._segmented else []
        return Read([one.ids for one in found], segments, of)

    def _scores(self, read: Read, some: Sequence[int]) -> torch.Tensor:
        matrix, mask = padded([read.ids[i] for i in some])
        of = torch.from_numpy(padded([read.segments[i] for i in some])[0]) if read.segments else None
        return self._network(torch.from_numpy(matrix), torch.from_numpy(mask).long(), of).float()

    @torch.no_grad()
    def _judged(self, read: Read) -> float:
        """The mean logarithm of the probability of what is true."""
        total = 0.0
        order = sorted(range(len(read.ids)), key=lambda i: len(read.ids[i]))
        for at in range(0, len(order), 64):
            some = order[at : at + 64]
            total -= float(read.loss(self._scores(read, some), some, "sum"))
        return total / max(1, len(order))
