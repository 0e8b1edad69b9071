"""Trial: one way to see texts, judged on rows that its lines had not learned from."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mainspring.errors import QualityError
from mainspring.steps.learn.learner import Budget, Folds, RowNumbers
from mainspring.steps.learn.text.multilabel.examples import Examples, Places, joined
from mainspring.steps.learn.text.multilabel.lines import Lines, lines_of, surprise
from mainspring.steps.learn.text.multilabel.sight import Encoded, Nothing, Sight, Words
from mainspring.steps.learn.text.rows import Floats
from mainspring.steps.learn.text.tfidf.collect import collect, reader_for, stacked

MOST_GRAMS, MOST_WEIGHTS = 100_000, 3_000_000
"""Of words, and of parts of words; and of all labels together, so that a model stays below some tens of megabytes."""
NO_WORD = "no text has a word that can be read"


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

    def learned(self, train: Examples, others: Examples) -> tuple[Sight, Any, Any]:
        """What the texts of training rows teach to see, and the columns (n × width) of these and of the others' texts."""
        ...


@dataclass(frozen=True)
class ByWords:
    name: str = "tfidf_linear"
    read: Places | None = None
    folds: int | None = None
    penalties: tuple[float, ...] = (1.0, 0.3, 0.1, 0.03)

    def learned(self, train: Examples, others: Examples) -> tuple[Sight, Any, Any]:
        most = min(MOST_GRAMS, MOST_WEIGHTS // train.truth.shape[1] // (2 * len(train.texts)))
        collected = [collect(texts, reader_for(texts), most) for texts in train.texts]
        sight = Words(tuple(one.vocabulary for one in collected))
        if not sight.width:
            raise QualityError(
                NO_WORD, where="learn.target", remedy="look at the column of texts: is it what was meant?"
            )
        beside = [
            stacked([known.vector(text) for text in texts], len(known))
            for known, texts in zip(sight.vocabularies, others.texts, strict=True)
        ]
        return sight, joined([one.texts for one in collected]), joined(beside)


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

    def learned(self, train: Examples, others: Examples) -> tuple[Sight, Any, Any]:
        return self.sight, self.sight.seen(train.texts), self.sight.seen(others.texts)


@dataclass(frozen=True)
class ByColumns:
    """The columns beside the texts alone."""

    read: Places | None = None
    folds: int | None = None
    penalties: tuple[float, ...] = (100.0, 10.0, 1.0, 0.1)
    name: str = Nothing.name

    def learned(self, train: Examples, others: Examples) -> tuple[Sight, Any, Any]:
        return Nothing(), np.zeros((len(train), 0)), np.zeros((len(others), 0))


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

    def member(self, examples: Examples, budget: Budget) -> tuple[Sight, Lines]:
        """Lines over all rows that it can read."""
        known = examples if self.way.read is None else examples.some(self.way.read)
        sight, columns, _ = self.way.learned(known, examples.some(np.arange(0)))
        return sight, lines_of(known.seen(columns), known.truth, self.penalty, budget)


def tried(way: Way, examples: Examples, folds: Folds, budget: Budget) -> Trial:
    """Judged on as many folds as there is time for, at least one; the first fold's time tells how many penalties the others try."""
    trial = Trial(way, np.zeros(len(examples), np.bool_), {})
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
        _judge(trial, examples, (rows, judged), still, share)
    trial.seconds = time.monotonic() - began
    return trial


def _judge(
    trial: Trial, examples: Examples, parts: tuple[Places, Places], penalties: Sequence[float], budget: Budget
) -> None:
    """On the second of the ``parts``, under each penalty for which there is time."""
    train, valid, judged = examples.some(parts[0]), examples.some(parts[1]), parts[1]
    _, columns, others = trial.way.learned(train, valid)
    columns, others = train.seen(columns), valid.seen(others)
    lines, reached = None, dict[float, float]()
    for number, penalty in enumerate(penalties):
        share = Budget(time.monotonic() + budget.seconds / (len(penalties) - number), budget.threads)
        lines = lines_of(columns, train.truth, penalty, share, lines)
        chances = lines.chances(others)
        told = trial.told.setdefault(penalty, np.full(examples.truth.shape, np.nan))
        told[judged] = chances
        reached[penalty] = surprise(chances, valid.truth) * len(judged)
        if budget.is_over():
            break
    for penalty in [*trial.losses] if trial.folds else reached:
        trial.losses[penalty] = trial.losses.get(penalty, 0.0) + reached.get(penalty, np.inf)
    trial.judged[judged], trial.folds = True, trial.folds + 1


def _readable(way: Way, rows: RowNumbers) -> Places:
    known = np.asarray(rows, np.int64)
    return known if way.read is None else np.intersect1d(known, way.read)
