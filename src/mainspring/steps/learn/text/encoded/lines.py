"""Lines: lines over vectors of texts, a penalty each; the next begins where the last ended."""

from collections.abc import Mapping

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from mainspring.errors import LearnError
from mainspring.model import ModelCard, Question
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.linear.path import Penalties, by_class, converge, drawn, loss, ridge
from mainspring.steps.learn.text.encoded.line import Line
from mainspring.steps.learn.text.encoded.model import EncodedModel
from mainspring.steps.learn.text.encoded.pairing import Pairing, alone
from mainspring.steps.learn.text.encoded.vectors import Vectors
from mainspring.steps.learn.text.lesson import TextLesson
from mainspring.steps.learn.text.rows import Floats, Rows

PENALTIES = Penalties((1000.0, 300.0, 100.0, 30.0, 10.0, 3.0), first=30.0, usual=30.0)
"""Of vectors whose every coordinate has a variance of about one."""


class Lines:
    """Lines of one lesson, a penalty each; the next begins where the last ended."""

    def __init__(self, card: ModelCard, lesson: TextLesson, known: Vectors, budget: Budget) -> None:
        # What was tuned on pairs reads them so; another encoder was learned on single texts.
        self._pairing = None if lesson.pair is None else Pairing(*lesson.pair, together=known.own is not None)
        self._card, self._known, self._budget = card, known, budget
        self._places = lesson.places
        self._texts = len(lesson.rows.texts)
        self._alone = alone(self._pairing, self._texts)
        # A line is penalised by the size of its weights: coordinates are to be as large as standardised numbers are.
        self._scale = float(np.sqrt(known.width))
        matrix = lesson.rows.matrix[:, self._places]
        self._design = Design.of(matrix, lesson.categories)
        # In 32 bits a step takes little more than half the time; vectors have no more.
        self._columns = self.columns_of(lesson.rows).astype(np.float32)
        self._lesson = lesson.plain(matrix)
        self._learner = LogisticRegression(tol=1e-4, warm_start=True)

    def columns_of(self, rows: Rows) -> Floats:
        """What the lines weigh (n × width)."""
        alone = {column: self._known.of(rows.texts[column]) for column in self._alone}
        joint = [] if self._pairing is None else self._pairing.of(self._known, rows.texts, alone)
        read = [told * self._scale for told in (*alone.values(), *joint)]
        return np.concatenate([*read, self._design.apply(rows.matrix[:, self._places])], axis=1)

    def scores(self, model: EncodedModel, columns: Floats) -> Floats:
        """What the model answers to these columns."""
        line = model.line
        joint = () if line.joint is None else line.joint / self._scale
        weights = np.concatenate([*(line.weights[self._alone] / self._scale), *joint, line.beside])
        raw = columns @ weights + line.intercept
        return raw if self._card.question == Question.NUMBER else answers.probabilities(raw)

    def chosen(self, tuned: Mapping[str, float], test: TextLesson | None) -> tuple[EncodedModel, float]:
        """The line that does best on the test rows, without any that of the penalty that is ``tuned``; and the seconds that a line takes
        by itself."""
        if test is None:
            return drawn(self.line, PENALTIES, tuned, None, self._budget)
        columns, truth = self.columns_of(test.rows), test.plain(test.rows.matrix)
        loss_of = lambda model: loss(self.scores(model, columns), truth)  # noqa: E731
        return drawn(self.line, PENALTIES, tuned, loss_of, self._budget)

    def line(self, penalty: float, share: float) -> EncodedModel:
        """Drawn in a ``share`` of the time left."""
        weights, intercept = (
            ridge(Ridge(alpha=penalty), self._columns, self._lesson)
            if self._card.question == Question.NUMBER
            else self._logistic(penalty, share)
        )
        if not np.isfinite(weights).all():
            raise LearnError("the line did not converge to finite weights", where=self._card.target)
        count, width = len(self._alone), self._known.width
        views = count + (0 if self._pairing is None else self._pairing.views)
        read, middle = views * width, self._columns.mean(axis=0, dtype=np.float64)
        told = weights[:read].reshape(views, width, -1) * self._scale
        usual = np.einsum("cw,cwo->co", middle[:read].reshape(views, width) / self._scale, told)
        of_texts, usual_texts = np.zeros((self._texts, width, told.shape[2])), np.zeros((self._texts, told.shape[2]))
        of_texts[self._alone], usual_texts[self._alone] = told[:count], usual[:count]
        joint = (None, None) if self._pairing is None else (told[count:], usual[count:].sum(axis=0))
        line = Line(of_texts, weights[read:], intercept, usual_texts, middle[read:], *joint, self._pairing)
        return EncodedModel(self._card, self._known, self._design, self._places, line, {"penalty": penalty})

    def _logistic(self, penalty: float, share: float) -> tuple[Floats, Floats]:
        self._learner.set_params(C=1.0 / penalty)
        converge(self._learner, self._columns, self._lesson, self._budget, share=share)
        weights, intercept = by_class(self._learner, self._columns.shape[1], len(self._card.classes))
        return weights.astype(np.float64), intercept.astype(np.float64)
