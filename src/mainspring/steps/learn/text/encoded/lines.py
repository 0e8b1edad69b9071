"""Lines: lines over vectors of texts, a penalty each; the next begins where the last ended."""

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from mainspring.errors import LearnError
from mainspring.model import ModelCard, Question
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.path import by_class, converge, loss
from mainspring.steps.learn.text.encoded.line import Line
from mainspring.steps.learn.text.encoded.model import EncodedModel
from mainspring.steps.learn.text.encoded.vectors import Vectors
from mainspring.steps.learn.text.lesson import TextLesson
from mainspring.steps.learn.text.rows import Floats, Rows

PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0)
"""Strengths of the penalty in units of one training row, strongest first, of vectors whose every coordinate has a variance of about one."""
USUAL_PENALTY = 30.0


def best_line(lines: "Lines", test: TextLesson, budget: Budget) -> EncodedModel:
    """The line with the least loss on the test rows; a penalty that is too weak is followed by none that is weaker."""
    columns, truth = lines.columns_of(test.rows), test.plain(test.rows.matrix)
    best = lines.line(PENALTIES[0])
    lowest = loss(lines.scores(best, columns), truth)
    for penalty in PENALTIES[1:]:
        if budget.is_over():
            break
        model = lines.line(penalty)
        reached = loss(lines.scores(model, columns), truth)
        if reached >= lowest:
            break
        best, lowest = model, reached
    return best


class Lines:
    """Lines of one lesson, a penalty each; the next begins where the last ended."""

    def __init__(self, card: ModelCard, lesson: TextLesson, known: Vectors, budget: Budget) -> None:
        self._card, self._known, self._budget = card, known, budget
        self._places = lesson.places
        self._texts = len(lesson.rows.texts)
        # A line is penalised by the size of its weights: coordinates are to be as large as standardised numbers are.
        self._scale = float(np.sqrt(known.width))
        matrix = lesson.rows.matrix[:, self._places]
        self._design = Design.of(matrix, lesson.categories)
        self._columns = self.columns_of(lesson.rows)
        self._lesson = lesson.plain(matrix)
        self._learner = LogisticRegression(tol=1e-4, warm_start=True)

    def columns_of(self, rows: Rows) -> Floats:
        """What the lines weigh (n × width)."""
        read = [self._known.of(texts) * self._scale for texts in rows.texts]
        return np.concatenate([*read, self._design.apply(rows.matrix[:, self._places])], axis=1)

    def scores(self, model: EncodedModel, columns: Floats) -> Floats:
        """What the model answers to these columns."""
        line = model.line
        weights = np.concatenate([*(line.weights / self._scale), line.beside])
        raw = columns @ weights + line.intercept
        return raw if self._card.question == Question.NUMBER else answers.probabilities(raw)

    def line(self, penalty: float) -> EncodedModel:
        fit = self._ridge if self._card.question == Question.NUMBER else self._logistic
        weights, intercept = fit(penalty)
        if not np.isfinite(weights).all():
            raise LearnError("the line did not converge to finite weights", where=self._card.target)
        read, width = self._texts * self._known.width, self._known.width
        middle = self._columns.mean(axis=0)
        of_texts = weights[:read].reshape(self._texts, width, -1) * self._scale
        usual = np.einsum("cw,cwo->co", middle[:read].reshape(self._texts, width) / self._scale, of_texts)
        line = Line(of_texts, weights[read:], intercept, usual, middle[read:])
        return EncodedModel(self._card, self._known, self._design, self._places, line, {"penalty": penalty})

    def _ridge(self, penalty: float) -> tuple[Floats, Floats]:
        fitted = Ridge(alpha=penalty).fit(self._columns, self._lesson.truth, sample_weight=self._lesson.weights)
        return np.asarray(fitted.coef_, dtype=np.float64).reshape(-1, 1), np.atleast_1d(np.asarray(fitted.intercept_))

    def _logistic(self, penalty: float) -> tuple[Floats, Floats]:
        self._learner.set_params(C=1.0 / penalty)
        converge(self._learner, self._columns, self._lesson, self._budget)
        return by_class(self._learner, self._columns.shape[1], len(self._card.classes))
