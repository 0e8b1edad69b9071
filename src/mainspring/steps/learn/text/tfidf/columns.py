"""Columns: what lines over texts weigh: the grams of each text column, likeness where two are read together, and what stands beside."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_array, hstack

from mainspring.errors import LearnError, QualityError
from mainspring.model import ModelCard, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.lesson import Lesson, refuse_one_class
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.path import loss
from mainspring.steps.learn.text.lesson import TextLesson, text_lesson_of
from mainspring.steps.learn.text.reading import affordable_rows
from mainspring.steps.learn.text.rows import Floats, Rows, Text
from mainspring.steps.learn.text.tfidf.collect import Collected, collect, reader_for, stacked
from mainspring.steps.learn.text.tfidf.likeness import NUMBERS, likeness_of
from mainspring.steps.learn.text.tfidf.model import Line, TfidfModel

MOST_GRAMS, MOST_WEIGHTS = 100_000, 3_000_000
"""Of words, and of parts of words; and of all outputs together, so that a model stays below some tens of megabytes."""
NO_WORD = "no text has a word that can be read"


def to_learn(train: pa.Table, goal: Goal, budget: Budget) -> tuple[ModelCard, TextLesson]:
    """The card of a model of these rows, and the lesson of as many of them as can be read in the time.

    Raises:
        QualityError: there is no text, no row, or one class only.
    """
    lesson = affordable_rows(text_lesson_of(train, goal), budget, len(goal.classes))
    refuse_one_class(lesson.plain(lesson.rows.matrix), goal)
    return replace(lesson.card("tfidf", goal, train.schema.field(goal.target).type), rows=len(train)), lesson


class Columns:
    """Of one lesson. ``matrix`` (n × :attr:`width`) has them of its rows, the grams (``read`` columns) first, in 32 bits: half of what a
    step of learning reads."""

    def __init__(self, card: ModelCard, lesson: TextLesson) -> None:
        self.card = card
        outputs = 1 if card.question == Question.NUMBER or len(card.classes) == 2 else len(card.classes)
        most = min(MOST_GRAMS, MOST_WEIGHTS // outputs // (2 * len(lesson.rows.texts)))
        self._collected = [collect(texts, reader_for(texts), most) for texts in lesson.rows.texts]
        self._places, self._pair = lesson.places, lesson.pair
        numbers = lesson.rows.matrix[:, self._places]
        self._design = Design.of(numbers, lesson.categories)
        self.matrix = self._stacked(self._collected, numbers, lesson.rows.texts)
        self.read = sum(len(one.vocabulary) for one in self._collected)
        self.width = self.read + len(self._design.origins) + (0 if self._pair is None else NUMBERS)
        if self.width == (0 if self._pair is None else NUMBERS):
            raise QualityError(NO_WORD, where=card.target, remedy="look at the column: is it what was meant?")
        self.lesson = lesson.plain(numbers)

    def _stacked(self, collected: Sequence[Collected], numbers: Floats, texts: Sequence[Sequence[Text]]) -> csr_array:
        beside = [self._design.apply(numbers)]
        if self._pair is not None:
            beside.append(likeness_of([one.vocabulary for one in collected], self._pair, texts))
        whole = hstack([*(one.texts for one in collected), *map(csr_array, beside)], format="csr")
        return csr_array(whole.astype(np.float32))

    def of(self, rows: Rows) -> csr_array:
        """The same columns of other rows."""
        told = [
            replace(one, texts=stacked([one.vocabulary.vector(text) for text in texts], len(one.vocabulary)))
            for one, texts in zip(self._collected, rows.texts, strict=True)
        ]
        return self._stacked(told, rows.matrix[:, self._places], rows.texts)

    def loss_on(self, test: TextLesson) -> Callable[[TfidfModel], float]:
        """The loss of a model on the test rows."""
        columns, truth = self.of(test.rows), test.plain(test.rows.matrix)
        return lambda model: loss(self._scores(model, columns), truth)

    def _scores(self, model: TfidfModel, columns: csr_array) -> Floats:
        line = model.line
        joint = () if line.joint is None else (line.joint,)
        raw = columns @ np.concatenate([line.weights.astype(np.float64), line.beside, *joint]) + line.intercept
        return raw if self.card.question == Question.NUMBER else answers.probabilities(raw)

    def model(self, weights: Floats, intercept: Floats, tuned: dict[str, float]) -> TfidfModel:
        """Of a line (width × outputs).

        Raises:
            LearnError: the weights are not finite.
        """
        if not np.isfinite(weights).all():
            raise LearnError("the line did not converge to finite weights", where=self.card.target)
        ends = np.cumsum([0, *(len(one.vocabulary) for one in self._collected)])
        middle = np.asarray(self.matrix.mean(axis=0, dtype=np.float64)).ravel()
        usual = [middle[start:end] @ weights[start:end] for start, end in pairwise(ends.tolist())]
        first, last = self.read, self.read + len(self._design.origins)
        joint = (None, None) if self._pair is None else (weights[last:], middle[last:] @ weights[last:])
        line = Line(
            weights[:first].astype(np.float32),
            weights[first:last],
            intercept,
            np.array(usual),
            middle[first:last],
            *joint,
            self._pair,
        )
        vocabularies = [one.vocabulary for one in self._collected]
        return TfidfModel(self.card, vocabularies, self._design, self._places, line, tuned)


class Classes:
    """The sums of columns by class, from which lines of classes begin. ``present`` (k) are the numbers of the classes that rows have,
    ``sums`` (k × width) the columns of their rows added up by weight, ``shares`` (k) the weight of their rows.
    """

    def __init__(self, matrix: csr_array, lesson: Lesson) -> None:
        truth = lesson.truth.astype(np.int64)
        self.present, of = np.unique(truth, return_inverse=True)
        share = np.ones(len(of)) if lesson.weights is None else lesson.weights
        belongs = csr_array((share, of, np.arange(len(of) + 1)), shape=(len(of), len(self.present)))
        self.of: npt.NDArray[np.int64] = of
        self.sums: Floats = np.asarray((belongs.T @ matrix).todense(), dtype=np.float64)
        self.shares: Floats = np.maximum(np.bincount(of, weights=share), 1e-9)

    @property
    def usual(self) -> Floats:
        """The logarithms of how usual each is, about nothing (k)."""
        told = np.log(self.shares)
        return told - told.mean()
