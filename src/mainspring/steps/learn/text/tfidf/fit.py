"""TF-IDF and a line: words, pairs of them and parts of words, weighed, with the numbers and categories beside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array, hstack
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from mainspring.errors import LearnError, QualityError
from mainspring.measure.profile import Profile
from mainspring.model import ModelCard, Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.lesson import refuse_one_class
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.path import FIRST_STEPS, best_line, by_class, converge, loss, ridge
from mainspring.steps.learn.text.lesson import TextLesson, held_of, text_lesson_of, why_unread
from mainspring.steps.learn.text.reading import affordable_rows
from mainspring.steps.learn.text.rows import Floats, Rows, Text
from mainspring.steps.learn.text.tfidf.collect import Collected, collect, reader_for, stacked
from mainspring.steps.learn.text.tfidf.likeness import NUMBERS, likeness_of
from mainspring.steps.learn.text.tfidf.model import Line, TfidfModel

PENALTIES = (3.0, 1.0, 0.3, 0.1, 0.03)
"""Strengths of the penalty in units of one training row, strongest first."""
USUAL_PENALTY = 0.2
MOST_GRAMS, MOST_WEIGHTS = 100_000, 3_000_000
"""Of words, and of parts of words; and of all outputs together, so that a model stays below some tens of megabytes."""
SMOOTHING = 0.1
"""Of the sums that naive Bayes counts with (Rennie et al. 2003)."""
MOST_CLASSES = 1000
FEW_STEPS, MANY_CLASSES = 3, 20
"""Of so many classes a step takes long: so few tell how long."""
NO_WORD = "no text has a word that can be read"


@dataclass(frozen=True)
class TfidfLinear:
    """Logistic regression for classes, ridge for numbers. ``tuned["penalty"]`` is the strength where none is to be chosen."""

    name: str = "tfidf_linear"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        return f"more than {MOST_CLASSES} classes" if len(goal.classes) > MOST_CLASSES else why_unread(profile, goal)

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> TfidfModel:
        lesson = affordable_rows(text_lesson_of(train, goal), budget)
        refuse_one_class(lesson.plain(lesson.rows.matrix), goal)
        card = replace(lesson.card("tfidf", goal, train.schema.field(goal.target).type), rows=len(train))
        with threadpool_limits(budget.threads):
            lines = _Lines(card, lesson, budget)
            held = held_of(valid, goal)
            if held is None:
                return lines.line(self.tuned.get("penalty", USUAL_PENALTY))
            return best_line(lines.line, PENALTIES, lines.loss_on(held), budget)


class _Lines:
    """Lines of one lesson, a penalty each; the next begins where the last ended."""

    def __init__(self, card: ModelCard, lesson: TextLesson, budget: Budget) -> None:
        self._card, self._budget = card, budget
        outputs = 1 if card.question == Question.NUMBER or len(card.classes) == 2 else len(card.classes)
        most = min(MOST_GRAMS, MOST_WEIGHTS // outputs // (2 * len(lesson.rows.texts)))
        self._collected = [collect(texts, reader_for(texts), most) for texts in lesson.rows.texts]
        self._places = lesson.places
        matrix = lesson.rows.matrix[:, self._places]
        self._design = Design.of(matrix, lesson.categories)
        self._pair = lesson.pair
        self._columns = self._stacked(self._collected, matrix, lesson.rows.texts)
        beside = len(self._design.origins) + (0 if self._pair is None else NUMBERS)
        self._width = sum(len(one.vocabulary) for one in self._collected) + beside
        if self._width == (0 if self._pair is None else NUMBERS):
            raise QualityError(NO_WORD, where=card.target, remedy="look at the column: is it what was meant?")
        self._lesson = lesson.plain(matrix)
        self._learner = LogisticRegression(tol=1e-4, warm_start=True)
        if card.question != Question.NUMBER:
            self._begin()

    def _begin(self) -> None:
        """Begin where naive Bayes ends, whose weights are counts alone: of many classes there may be time for a few steps only."""
        truth, weights = self._lesson.truth.astype(np.int64), self._lesson.weights
        present, of = np.unique(truth, return_inverse=True)
        share = np.ones(len(of)) if weights is None else weights
        belongs = csr_array((share, of, np.arange(len(of) + 1)), shape=(len(of), len(present)))
        read = sum(len(one.vocabulary) for one in self._collected)
        sums = np.asarray((belongs.T @ self._columns).todense())[:, :read] + SMOOTHING
        logs = np.zeros((len(present), self._width))
        logs[:, :read] = np.log(sums / sums.sum(axis=1, keepdims=True))
        logs -= logs.mean(axis=0)
        shares = np.log(np.maximum(np.bincount(of, weights=share), 1e-9))
        two = len(present) == 2
        self._learner.coef_ = logs[1:] - logs[:1] if two else logs
        self._learner.intercept_ = shares[1:] - shares[:1] if two else shares - shares.mean()

    def _stacked(self, collected: Sequence[Collected], matrix: Floats, texts: Sequence[Sequence[Text]]) -> csr_array:
        beside = [self._design.apply(matrix)]
        if self._pair is not None:
            beside.append(likeness_of([one.vocabulary for one in collected], self._pair, texts))
        return csr_array(hstack([*(one.texts for one in collected), *map(csr_array, beside)], format="csr"))

    def columns_of(self, rows: Rows) -> csr_array:
        """What the lines weigh (n × width), of other rows."""
        read = [
            replace(one, texts=stacked([one.vocabulary.vector(text) for text in texts], len(one.vocabulary)))
            for one, texts in zip(self._collected, rows.texts, strict=True)
        ]
        return self._stacked(read, rows.matrix[:, self._places], rows.texts)

    def scores(self, model: TfidfModel, columns: csr_array) -> Floats:
        """What the model answers to these columns."""
        line = model.line
        joint = () if line.joint is None else (line.joint,)
        raw = columns @ np.concatenate([line.weights.astype(np.float64), line.beside, *joint]) + line.intercept
        return raw if self._card.question == Question.NUMBER else answers.probabilities(raw)

    def loss_on(self, test: TextLesson) -> Callable[[TfidfModel], float]:
        columns, truth = self.columns_of(test.rows), test.plain(test.rows.matrix)
        return lambda model: loss(self.scores(model, columns), truth)

    def line(self, penalty: float) -> TfidfModel:
        weights, intercept = (
            ridge(Ridge(alpha=penalty, solver="sparse_cg", tol=1e-4), self._columns, self._lesson)
            if self._card.question == Question.NUMBER
            else self._logistic(penalty)
        )
        if not np.isfinite(weights).all():
            raise LearnError("the line did not converge to finite weights", where=self._card.target)
        ends = np.cumsum([0, *(len(one.vocabulary) for one in self._collected)])
        middle = np.asarray(self._columns.mean(axis=0)).ravel()
        usual = [middle[start:end] @ weights[start:end] for start, end in pairwise(ends.tolist())]
        first, last = ends[-1], ends[-1] + len(self._design.origins)
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
        return TfidfModel(self._card, vocabularies, self._design, self._places, line, {"penalty": penalty})

    def _logistic(self, penalty: float) -> tuple[Floats, Floats]:
        self._learner.set_params(C=1.0 / penalty)
        first = FEW_STEPS if len(self._card.classes) > MANY_CLASSES else FIRST_STEPS
        converge(self._learner, self._columns, self._lesson, self._budget, first)
        return by_class(self._learner, self._width, len(self._card.classes))
