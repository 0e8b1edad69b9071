"""Trial: one way to see texts, judged on rows that its lines had not learned from."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from mainspring.errors import QualityError
from mainspring.measure.multilabel.agreement import Bools
from mainspring.steps.learn.learner import Budget, Folds, RowNumbers
from mainspring.steps.learn.text.multilabel.lines import Lines, lines_of, surprise
from mainspring.steps.learn.text.multilabel.sight import Encoded, Sight, Words
from mainspring.steps.learn.text.rows import Floats, Text
from mainspring.steps.learn.text.tfidf.collect import collect, reader_for, stacked

MOST_GRAMS, MOST_WEIGHTS = 100_000, 3_000_000
"""Of words, and of parts of words; and of all labels together, so that a model stays below some tens of megabytes."""
NO_WORD = "no text has a word that can be read"

Texts = Sequence[Sequence[Text]]
Places = npt.NDArray[np.int64]


class Way(Protocol):
    """A way to see texts. ``penalties`` are in units of one training row, strongest first."""

    @property
    def name(self) -> str: ...

    @property
    def penalties(self) -> tuple[float, ...]: ...

    @property
    def folds(self) -> int | None:
        """On how many of the folds, from the first on, it may be judged; None: all."""
        ...

    @property
    def read(self) -> Places | None:
        """The rows that it can learn from and be judged on; None: all."""
        ...

    def learned(self, train: Texts, labels: int, others: Texts) -> tuple[Sight, Any, Any]:
        """What training texts (columns × n) teach to see, and the columns (n × width) of these and of other texts."""
        ...


@dataclass(frozen=True)
class ByWords:
    name: str = "tfidf_linear"
    read: Places | None = None
    folds: int | None = None
    penalties: tuple[float, ...] = (1.0, 0.3, 0.1, 0.03)

    def learned(self, train: Texts, labels: int, others: Texts) -> tuple[Sight, Any, Any]:
        most = min(MOST_GRAMS, MOST_WEIGHTS // labels // (2 * len(train)))
        collected = [collect(texts, reader_for(texts), most) for texts in train]
        sight = Words(tuple(one.vocabulary for one in collected))
        if not sight.width:
            raise QualityError(
                NO_WORD, where="learn.target", remedy="look at the column of texts: is it what was meant?"
            )
        beside = [
            stacked([known.vector(text) for text in texts], len(known))
            for known, texts in zip(sight.vocabularies, others, strict=True)
        ]
        return sight, _side_by_side([one.texts for one in collected]), _side_by_side(beside)


@dataclass(frozen=True)
class ByVectors:
    """``read`` are the rows whose texts could be read in the time; None: all. ``folds`` are those on which it may be judged; None: all."""

    sight: Encoded
    read: Places | None = None
    folds: int | None = None
    penalties: tuple[float, ...] = (100.0, 30.0, 10.0, 3.0)

    @property
    def name(self) -> str:
        return self.sight.name

    def learned(self, train: Texts, labels: int, others: Texts) -> tuple[Sight, Any, Any]:  # noqa: ARG002
        return self.sight, self.sight.seen(train), self.sight.seen(others)


@dataclass
class Trial:
    """``chances`` (n × labels) are of the rows that are ``judged`` (n), out of fold, under the ``penalty`` that does best there."""

    way: Way
    judged: npt.NDArray[np.bool_]
    told: dict[float, Floats]
    folds: int = 0
    seconds: float = 0.0
    losses: dict[float, float] = field(default_factory=dict[float, float])

    @property
    def penalty(self) -> float:
        return min(self.losses, key=lambda one: self.losses[one]) if self.losses else self.way.penalties[1]

    @property
    def chances(self) -> Floats:
        return self.told[self.penalty]

    def member(self, texts: Texts, truth: Bools, budget: Budget) -> tuple[Sight, Lines]:
        """Lines over all rows that it can read."""
        rows = np.arange(len(truth)) if self.way.read is None else self.way.read
        sight, columns, _ = self.way.learned(_some(texts, rows), truth.shape[1], [[] for _ in texts])
        return sight, lines_of(columns, truth[rows], self.penalty, budget)


def tried(way: Way, texts: Texts, truth: Bools, folds: Folds, budget: Budget) -> Trial:
    """Judged on as many folds as there is time for, at least one; the first fold's time tells how many penalties the others try."""
    trial = Trial(way, np.zeros(len(truth), np.bool_), {})
    began, still, folds = time.monotonic(), way.penalties, folds[: way.folds]
    end = began + budget.seconds
    for number, (train, valid) in enumerate(folds):
        left, spent = end - time.monotonic(), time.monotonic() - began
        if number and spent / number > left:
            break
        if number == 1 and spent * (len(folds) - 1) > left:
            still = (trial.penalty,)
        rows, judged = _readable(way, train), _readable(way, valid)
        if not len(rows) or not len(judged):
            continue
        share = Budget(time.monotonic() + (left / 2 if not number else left), budget.threads)
        _judge(trial, (texts, truth), (rows, judged), still, share)
    trial.seconds = time.monotonic() - began
    return trial


def _judge(
    trial: Trial, known: tuple[Texts, Bools], parts: tuple[Places, Places], penalties: Sequence[float], budget: Budget
) -> None:
    """On the second of the ``parts``, under each penalty for which there is time."""
    (texts, truth), (rows, judged) = known, parts
    _, columns, beside = trial.way.learned(_some(texts, rows), truth.shape[1], _some(texts, judged))
    lines, reached = None, dict[float, float]()
    for number, penalty in enumerate(penalties):
        share = Budget(time.monotonic() + budget.seconds / (len(penalties) - number), budget.threads)
        lines = lines_of(columns, truth[rows], penalty, share, lines)
        chances = lines.chances(beside)
        told = trial.told.setdefault(penalty, np.full(truth.shape, np.nan))
        told[judged] = chances
        reached[penalty] = surprise(chances, truth[judged]) * len(judged)
        if budget.is_over():
            break
    for penalty in [*trial.losses] if trial.folds else reached:
        trial.losses[penalty] = trial.losses.get(penalty, 0.0) + reached.get(penalty, np.inf)
    trial.judged[judged], trial.folds = True, trial.folds + 1


def _readable(way: Way, rows: RowNumbers) -> Places:
    known = np.asarray(rows, np.int64)
    return known if way.read is None else np.intersect1d(known, way.read)


def _some(texts: Texts, rows: Places) -> Texts:
    return [[column[row] for row in rows.tolist()] for column in texts]


def _side_by_side(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else csr_array(hstack(parts, format="csr"))
