"""TablePreparer: fits features on training rows, giving a transform for every later row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from mainspring.errors import QualityError
from mainspring.measure.values.reading import Reading
from mainspring.model import Label, Question
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.prepare.features.choose import Made, features_of
from mainspring.steps.prepare.features.feature import Feature
from mainspring.steps.prepare.features.target_means import Answers
from mainspring.steps.prepare.table_transform import TableTransform, in_order

MOST_CLASSES = 10
"""Of more classes, no target means are made: they would be more columns than they tell."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A transform, and the features of the very rows it was fitted on, in which no row saw its own target."""

    transform: TableTransform
    train: pa.Table


@dataclass(frozen=True)
class TablePreparer:
    """Makes features of raw rows as the plan reads them. The target, key, weight and what is excluded are no features.

    ``classes`` and ``positive`` are as in the goal of learning; ``weight`` names a column that says how much a row
    counts. Picklable, and pure: the same rows and seed give the same features.
    """

    plan: CleaningPlan
    target: str
    key: str | None = None
    exclude: tuple[str, ...] = ()
    question: Question = Question.CLASS
    classes: tuple[Label, ...] = ()
    positive: Label | None = None
    weight: str | None = None
    seed: int = 0

    def fit(self, train: pa.Table) -> Fitted:
        """Fit on raw training rows; ``Fitted.train`` has their features, row for row.

        Raises:
            QualityError: there are no rows, or no column can serve as a feature.
        """
        if not len(train):
            raise QualityError("there are no rows to learn from", remedy="look at the source and the quarantine")
        answers = self._answers(train)
        made: list[Made] = []
        taken: set[str] = set()
        there = set(train.column_names)
        for name, reading in self._usable().items():
            if name in there:
                values = reading.many(train.column(name))
                made.extend(_renamed(one, taken) for one in features_of(name, reading.kind, values, answers))
        if not made:
            raise QualityError(
                "no column can serve as a feature: all are ids, constant, empty or excluded",
                remedy="say what they are under prepare.types, or collect more columns",
            )
        return self._fitted(made)

    def _usable(self) -> dict[str, Reading]:
        barred = {self.target, self.key, self.weight, *self.exclude}
        return {c.name: c.reading for c in self.plan.columns if c.name not in barred}

    def _fitted(self, made: Sequence[Made]) -> Fitted:
        arrays = {feature.names: columns for feature, columns in made}
        features = in_order([feature for feature, _ in made])
        used = {feature.column for feature in features}
        readings = {name: reading for name, reading in self._usable().items() if name in used}
        transform = TableTransform(readings, features)
        columns = [column for feature in features for column in arrays[feature.names]]
        return Fitted(transform, pa.Table.from_arrays(columns, schema=transform.output))

    def _answers(self, train: pa.Table) -> Answers:
        target = self.plan.reading(self.target).many(train.column(self.target))
        known = target.is_valid().to_numpy(zero_copy_only=False)
        weight = known * self._weights(train)
        if self.question == Question.NUMBER:
            numbers = Reading("number").many(target).fill_null(0.0).to_numpy()
            return Answers((self.target,), numbers[:, None], weight, self.seed)
        labels = self._asked()
        columns = [[value == label for value in target.to_pylist()] for label in labels]
        values = np.array(columns, dtype=np.float64).reshape(len(labels), len(train)).T
        return Answers(tuple(str(label) for label in labels), values, weight, self.seed)

    def _asked(self) -> tuple[Label, ...]:
        """The classes whose means are worth a column. Of several labels at once a row has no one answer that a mean could be of."""
        if self.question == Question.LABELS:
            return ()
        if len(self.classes) == 2:
            return (self.positive if self.positive is not None else self.classes[1],)
        return self.classes if len(self.classes) <= MOST_CLASSES else ()

    def _weights(self, train: pa.Table) -> np.ndarray:
        if self.weight is None:
            return np.ones(len(train))
        weights = Reading("number").many(train.column(self.weight)).fill_null(0.0).to_numpy()
        return np.maximum(weights, 0.0) / (weights.mean() if weights.mean() > 0 else 1.0)


def _renamed(made: Made, taken: set[str]) -> Made:
    """The feature under names that no other has: a raw column may be called as a made one is."""
    feature, columns = made
    names: list[str] = []
    for name in feature.names:
        while name in taken:
            name += "'"
        taken.add(name)
        names.append(name)
    return (_with_names(feature, tuple(names)), columns)


def _with_names(feature: Feature, names: tuple[str, ...]) -> Feature:
    return feature if names == feature.names else replace(feature, names=names)  # type: ignore[type-var]
