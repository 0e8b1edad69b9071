"""Fit: an encoder trained on with a line of classes over it; then a line anew over what it makes of texts, with the numbers beside them."""

import atexit
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.errors import LearnError
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.lesson import refuse_one_class
from mainspring.steps.learn.text.encoded.affordable import affordable, seconds_a_row
from mainspring.steps.learn.text.encoded.lines import Lines
from mainspring.steps.learn.text.encoded.model import EncodedModel
from mainspring.steps.learn.text.encoded.vectors import Vectors, beside, default_for, vectors
from mainspring.steps.learn.text.lesson import TextLesson, held_of, text_lesson_of
from mainspring.steps.learn.text.tuned.learner import READ, EncoderTuned
from mainspring.steps.learn.text.tuned.tuning import Tuning
from mainspring.steps.learn.text.tuning.course import Pace
from mainspring.steps.learn.text.tuning.masked import unlabelled_of

BESIDE_RATE = 1e-3
"""The rate of learning where few weights are learned, which begin as nothing."""
READING = 0.5
"""Of the time, for reading the rows with what was tuned, at most: a line over some of them will do."""
SHARE = 0.7
"""Of what is left then, for reading the rows: those to learn a line from have as much of it as they are of all."""
AHEAD, HALF = "ahead", 0.5
"""In which share of the folds it was better to do something before; it is done on all rows where it was in more than half."""


def fit(learner: EncoderTuned, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> EncodedModel:
    lesson = text_lesson_of(train, goal)
    refuse_one_class(lesson.plain(lesson.rows.matrix), goal)
    settings = dict(learner.settings)
    texts = [text or "" for column in lesson.rows.texts for text in column]
    name, method = _encoder(settings, texts), str(settings.pop("method", "full"))
    pace = Pace(rate=1e-4 if method == "full" else BESIDE_RATE, tokens=2048, texts=32, seed=goal.seed)
    merged, ahead = bool(settings.pop("merged", False)), _ahead(settings, texts)
    longest = int(settings.pop("longest", READ if lesson.pair is None else 2 * READ))
    make = partial(Tuning, name, method, longest, replace(pace, **settings), len(goal.classes))
    held = held_of(valid, goal)
    learning = replace(budget, deadline=budget.deadline - _reading(name, lesson, held, budget))
    if ahead is None:
        tuning, tuned = make(), dict[str, float]()
        tuning.learn(lesson, held, learning)
    else:
        share = None if held is not None else learner.tuned.get(AHEAD, 1.0)
        tuning, tuned = _better(make, lesson, held, (ahead, share), learning)
    folder = tuning.left(pairs=lesson.pair is not None, merged=merged)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    card = replace(
        lesson.card("encoded", goal, train.schema.field(goal.target).type), rows=len(train), notes=tuple(tuning.told)
    )
    known = Vectors(name, folder)
    with threadpool_limits(budget.threads):
        # Those held back are read besides, whatever is left: they have to be answered.
        part = SHARE * len(lesson.rows) / (len(lesson.rows) + (0 if held is None else len(held.rows)))
        some = affordable(lesson, known, budget, part)
        refuse_one_class(some.plain(some.rows.matrix), goal)
        model, _ = Lines(card, some, known, budget).chosen(learner.tuned, held)
    model.tuned |= tuned
    return model


def _reading(name: str, lesson: TextLesson, held: TextLesson | None, budget: Budget) -> float:
    """Seconds to be kept for reading all rows with what will have been tuned: as long as the encoder takes that it begins as."""
    known = vectors(name)
    rows = len(lesson.rows) + (0 if held is None else len(held.rows))
    return min(READING * budget.seconds, rows * seconds_a_row(lesson, known))


def _encoder(settings: dict[str, Any], texts: Sequence[str]) -> str:
    """The name of the one that the settings, from which it is taken, want."""
    named, other = settings.pop("encoder", None), settings.pop("beside", False)
    if named and other:
        raise LearnError("the encoder to tune is named", where="learn.encoder", remedy="leave it out")
    return beside(default_for(texts)) if other else str(named or default_for(texts))


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is done before an encoder is tuned: it reads on in ``texts`` where there are any, and has a ``teacher``, who tells of
    ``unlabelled`` texts, too."""

    texts: Sequence[str]
    teacher: str | None
    unlabelled: Sequence[str]

    @property
    def name(self) -> str:
        told = ([f"reading on in {len(self.texts):,} texts"] if self.texts else []) + (
            [] if self.teacher is None else [f"being taught by {self.teacher!r}"]
        )
        return " and ".join(told)

    def do(self, tuning: Tuning, lesson: TextLesson, held: TextLesson | None, budget: Budget) -> None:
        if self.texts:
            tuning.read_on(self.texts, budget)
        if self.teacher is not None:
            tuning.be_taught(self.teacher, lesson, self.unlabelled, held, budget)


def _ahead(settings: dict[str, Any], texts: Sequence[str]) -> _Ahead | None:
    """What the settings, from which it is taken, want to be done before; None where they want nothing."""
    path, teacher, adapts = (
        settings.pop("unlabelled", None),
        settings.pop("teacher", None),
        settings.pop("adapt", False),
    )
    if teacher is None and not adapts:
        return None
    more = [] if path is None else [text for text in unlabelled_of(Path(path)) if text.strip()]
    return _Ahead([*(text for text in texts if text.strip()), *more] if adapts else [], teacher, more)


def _better(
    make: Callable[[], Tuning],
    lesson: TextLesson,
    held: TextLesson | None,
    ahead: tuple[_Ahead, float | None],
    budget: Budget,
) -> tuple[Tuning, dict[str, float]]:
    """What is tuned behind what is to be done before, or what is tuned at once: of the two that which is better on the rows held back.

    Where there are none, the share beside it says in which share of the folds it was better.
    """
    first, share = ahead
    if share is not None and share <= HALF:
        tuning = make()
        tuning.learn(lesson, held, budget)
        tuning.told.append(f"{first.name} was refused: better on validation in {share:.0%} of the folds")
        return tuning, {AHEAD: share}
    tuning = make()
    first.do(tuning, lesson, held, budget)
    reached = tuning.learn(lesson, held, budget, share=1.0 if held is None else HALF)
    if share is not None:
        tuning.told.append(f"{first.name} was kept: better on validation in {share:.0%} of the folds")
        return tuning, {AHEAD: share}
    plain = make()
    without = plain.learn(lesson, held, budget)
    # What was not judged for want of time was not seen to be better.
    kept = reached.best is not None and without.best is not None and reached.best > without.best
    return (tuning if kept else plain), {AHEAD: float(kept)}
