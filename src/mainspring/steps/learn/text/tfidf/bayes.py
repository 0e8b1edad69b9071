"""Naive Bayes over weighed grams: what counting alone tells of classes. Learned in the time of reading, however many classes there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.measure.profile import Profile
from mainspring.model import Question
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.lesson import ABSENT
from mainspring.steps.learn.tabular.linear.path import loss
from mainspring.steps.learn.text.lesson import TextLesson, held_of, why_unread
from mainspring.steps.learn.text.rows import Floats
from mainspring.steps.learn.text.tfidf.columns import Classes, Columns, to_learn
from mainspring.steps.learn.text.tfidf.fit import MOST_CLASSES
from mainspring.steps.learn.text.tfidf.model import TfidfModel

SMOOTHINGS = (0.03, 0.1, 0.3, 1.0)
LENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Grams of a text tell the same more than once, which naive Bayes does not know: what they say together counts so many times."""
USUAL_SMOOTHING, USUAL_LENGTH = 0.1, 1.0


@dataclass(frozen=True)
class TfidfBayes:
    """Multinomial naive Bayes of TF-IDF weights (Rennie et al. 2003), for classes; what stands beside the texts it does not look at.

    ``tuned`` has the ``smoothing`` and the ``length`` where none is to be chosen.
    """

    name: str = "tfidf_bayes"
    settings: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, float] = field(default_factory=dict)

    def fits(self, goal: Goal, profile: Profile) -> str | None:
        if goal.question != Question.CLASS:
            return "it answers classes only"
        if goal.pair is not None:
            return "it reads texts one by one"
        return f"more than {MOST_CLASSES} classes" if len(goal.classes) > MOST_CLASSES else why_unread(profile, goal)

    def fit(self, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> TfidfModel:
        card, lesson = to_learn(train, goal, budget)
        with threadpool_limits(budget.threads):
            counted = _Counted(Columns(card, lesson))
            held = held_of(valid, goal)
            if held is None:
                return counted.model({"smoothing": USUAL_SMOOTHING, "length": USUAL_LENGTH, **self.tuned})
            return counted.best(held, budget)


class _Counted:
    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._classes = Classes(columns.matrix, columns.lesson)

    def best(self, held: TextLesson, budget: Budget) -> TfidfModel:
        """What does best on the rows that were held back."""
        told, truth = self._columns.of(held.rows), held.plain(held.rows.matrix)
        reached: dict[tuple[float, float], float] = {}
        for smoothing in SMOOTHINGS:
            if reached and budget.is_over():
                break
            weights, intercept = self._line(smoothing)
            scores = told @ weights
            for length in LENGTHS:
                reached[smoothing, length] = loss(answers.probabilities(length * scores + intercept), truth)
        smoothing, length = min(reached, key=reached.__getitem__)
        return self.model({"smoothing": smoothing, "length": length})

    def model(self, tuned: dict[str, float]) -> TfidfModel:
        weights, intercept = self._line(tuned["smoothing"])
        return self._columns.model(tuned["length"] * weights, intercept, tuned)

    def _line(self, smoothing: float) -> tuple[Floats, Floats]:
        """Weights (width × outputs), nothing for what stands beside the texts, and intercept (outputs)."""
        columns, present = self._columns, self._classes.present
        sums = self._classes.sums[:, : columns.read] + smoothing
        logs = np.log(sums / sums.sum(axis=1, keepdims=True))
        logs -= logs.mean(axis=0)
        usual, count = self._classes.usual, len(columns.card.classes)
        if count == 2:
            weights, intercept = np.zeros((columns.width, 1)), usual[1:] - usual[:1]
            weights[: columns.read, 0] = logs[1] - logs[0]
        else:
            weights, intercept = np.zeros((columns.width, count)), np.full(count, ABSENT)
            weights[: columns.read, present], intercept[present] = logs.T, usual
        return weights, intercept
