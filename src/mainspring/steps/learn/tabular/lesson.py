"""Lesson: a feature table as the arrays that libraries learn from."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.errors import QualityError
from mainspring.model import NUMBER_ANSWER, ModelCard, Question, class_answer
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.tabular.answers import matrix_of

Floats = npt.NDArray[np.float64]
ABSENT = -30.0
"""Log-odds of a class that no training row had."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """``matrix`` (n × features), ``truth`` (n: class numbers or values), ``weights`` (n) or None.

    No class weighs more for being rare: probabilities would no longer be shares, and gains are reckoned with them.
    """

    features: pa.Schema
    matrix: Floats
    truth: npt.NDArray[np.float64] | npt.NDArray[np.int64]
    weights: Floats | None
    categories: tuple[int, ...]
    """Which features are category codes."""


def lesson_of(table: pa.Table, goal: Goal) -> Lesson:
    """What a feature table with its target (and weight) teaches those who read no texts.

    Raises:
        QualityError: there is no feature, or no row.
    """
    apart = {goal.target, goal.weight}
    features = pa.schema([f for f in table.schema if f.name not in apart and not pa.types.is_string(f.type)])
    refuse_no_features(features, goal)
    if not len(table):
        raise QualityError("there is no row to learn from", where=goal.target, remedy="collect more rows")
    categories = tuple(j for j, field in enumerate(features) if pa.types.is_integer(field.type))
    return Lesson(features, matrix_of(table, features), truth_of(table, goal), weights_of(table, goal), categories)


def refuse_no_features(features: pa.Schema, goal: Goal) -> None:
    if not len(features):
        raise QualityError(
            "no column is left to learn from", where=goal.target,
            remedy="every column is constant, empty, an id, protected away or excluded: add columns, or declare prepare.types",
        )  # fmt: skip


def truth_of(table: pa.Table, goal: Goal) -> Floats | npt.NDArray[np.int64]:
    """The target as class numbers in the order of ``goal.classes`` (int64), or as float64 values."""
    column = table.column(goal.target)
    if goal.question == Question.NUMBER:
        return _numbers(column)
    number = {label: k for k, label in enumerate(goal.classes)}
    return np.array([number[label] for label in column.to_pylist()], dtype=np.int64)


def weights_of(table: pa.Table, goal: Goal) -> Floats | None:
    """How much each row counts; None where the goal names no weight.

    Raises:
        QualityError: a weight is missing, negative or not a number, or all are zero.
    """
    if goal.weight is None:
        return None
    try:
        weights = _numbers(table.column(goal.weight))
    except pa.ArrowInvalid as error:
        raise QualityError(
            "the weights are not numbers", where=goal.weight, remedy="name a column of numbers"
        ) from error
    if not np.isfinite(weights).all() or (weights < 0).any() or (len(weights) and not weights.any()):
        raise QualityError(
            "the weights must be finite, not negative, not missing, and not all zero", where=goal.weight,
            remedy="mend the column, or leave learn.weight out",
        )  # fmt: skip
    return weights


def with_answers(features: pa.Table, rows: pa.Table, goal: Goal) -> pa.Table:
    """Features with the target (and weight) of their rows beside them."""
    for name in (goal.target, goal.weight):
        if name is not None:
            features = features.append_column(rows.schema.field(name), rows.column(name))
    return features.combine_chunks()


def refuse_one_class(lesson: Lesson, goal: Goal) -> None:
    if goal.question == Question.CLASS and len(np.unique(lesson.truth)) < 2:
        raise QualityError(f"the rows of this part have one class of {goal.target!r} only", where=goal.target,
                           remedy="collect more rows of the rare class")  # fmt: skip


def level_and_spread(lesson: Lesson, goal: Goal) -> tuple[float, float]:
    """Weighted mean and standard deviation of a target of numbers (1 where it is constant); 0 and 1 for classes.

    Boosting libraries keep targets in 32 bits: far from zero they would lose their digits, so these learn the distance from
    the mean in standard deviations.
    """
    if goal.question == Question.CLASS:
        return 0.0, 1.0
    level = float(np.average(lesson.truth, weights=lesson.weights))
    spread = float(np.sqrt(np.average((lesson.truth - level) ** 2, weights=lesson.weights)))
    return level, spread if np.isfinite(spread) and spread > 0 else 1.0


def prior(lesson: Lesson, goal: Goal) -> Floats:
    """Where boosting starts: the log-odds of the second of two classes, the log of each class's share of more, 0 for a number.

    Started at zero, few rounds would leave rare classes too likely.
    """
    if goal.question == Question.NUMBER:
        return np.zeros(1)
    share = np.bincount(lesson.truth.astype(np.int64), weights=lesson.weights, minlength=len(goal.classes))
    logs = np.log(np.maximum(share / share.sum(), math.exp(ABSENT)))
    return logs[1:] - logs[:1] if len(logs) == 2 else logs


def card_of(kind: str, lesson: Lesson, goal: Goal, target_type: pa.DataType) -> ModelCard:
    """The card of a model over this lesson's features."""
    answer = NUMBER_ANSWER if goal.question == Question.NUMBER else class_answer(goal.classes, target_type)
    return ModelCard(
        kind, goal.question, goal.target, lesson.features, answer, goal.classes, goal.positive, rows=len(lesson.truth)
    )


def _numbers(column: pa.ChunkedArray) -> Floats:
    return column.cast(pa.float64()).to_numpy().astype(np.float64, copy=False)
