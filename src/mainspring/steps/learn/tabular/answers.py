"""Answers: from tables and records to a matrix, and from scores to answers; the same for every tabular model."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.model import ModelCard, Question
from mainspring.steps.learn.tabular.scores import Floats, Scores

UNKNOWN = -1.0
LARGEST = float(np.finfo(np.float32).max)


def matrix_of(table: pa.Table, features: pa.Schema) -> Floats:
    """The features of a table as (n rows × features): lacking columns and nulls are NaN, or -1 for category codes."""
    matrix = np.empty((len(table), len(features)), dtype=np.float64)
    # Asked of the table itself, each name would be looked for among all of them.
    place = {name: i for i, name in enumerate(table.column_names)}
    for j, field in enumerate(features):
        absent = UNKNOWN if pa.types.is_integer(field.type) else np.nan
        if field.name not in place:
            matrix[:, j] = absent
            continue
        column = table.column(place[field.name])
        matrix[:, j] = (
            column.fill_null(absent if absent == UNKNOWN else float("nan")) if column.null_count else column
        ).to_numpy()
    return matrix


def row_of(record: Mapping[str, Any], blank: Mapping[str, float]) -> Floats:
    """One record as (1 × features). ``blank`` names the features in order, with what stands for a lacking one."""
    return np.array([_filled(record, blank)], dtype=np.float64)


def rows_of(records: Sequence[Mapping[str, Any]], blank: Mapping[str, float]) -> Floats:
    """Records as (n × features): the matrix of a table of them."""
    filled = [_filled(record, blank) for record in records]
    return np.array(filled, dtype=np.float64).reshape(len(records), len(blank))


def _filled(record: Mapping[str, Any], blank: Mapping[str, float]) -> list[float]:
    get = record.get
    return [absent if (value := get(name)) is None else value for name, absent in blank.items()]


def blank_of(features: pa.Schema) -> dict[str, float]:
    return {field.name: UNKNOWN if pa.types.is_integer(field.type) else np.nan for field in features}


def narrow(matrix: Floats) -> npt.NDArray[np.float32]:
    """Features in 32 bits, what lies beyond them at their end."""
    return np.minimum(np.maximum(matrix, -LARGEST), LARGEST).astype(np.float32)


def probabilities(raw: Floats) -> Floats:
    """Log-odds of the second of two classes (n × 1) or one a class (n × k), as probabilities (n × classes)."""
    if len(raw) == 1:
        return np.array([chances(raw[0].tolist())])
    if raw.shape[1] == 1:
        second = 1.0 / (1.0 + np.exp(-np.minimum(np.maximum(raw, -700.0), 700.0)))
        return np.concatenate([1.0 - second, second], axis=1)
    powers = np.exp(raw - raw.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def chances(raw: Sequence[float]) -> list[float]:
    """:func:`probabilities` of one row, in plain numbers."""
    if len(raw) == 1:
        chance = 1.0 / (1.0 + math.exp(-min(max(raw[0], -700.0), 700.0)))
        return [1.0 - chance, chance]
    most = max(raw)
    powers = [math.exp(value - most) for value in raw]
    total = sum(powers)
    return [power / total for power in powers]


def answer_table(card: ModelCard, scores: Floats, beside: Sequence[pa.Array] = ()) -> pa.Table:
    """Scores (n × k), and what stands ``beside`` them, as the answer the card promises."""
    if card.question == Question.NUMBER:
        return pa.table([pa.array(scores[:, 0]), *beside], schema=card.answer)
    labels = pa.array(list(card.classes), card.answer.field("prediction").type)
    picked = labels.take(pa.array(np.argmax(scores, axis=1)))
    return pa.table([picked, *(pa.array(scores[:, k]) for k in range(scores.shape[1])), *beside], schema=card.answer)


def answer_one(card: ModelCard, scores: Floats) -> dict[str, Any]:
    """Scores (1 × k) as one answer, equal to the row of :func:`answer_table`."""
    return answer_of(card, scores[0].tolist())


def answer_of(card: ModelCard, values: Sequence[float]) -> dict[str, Any]:
    """One row's scores as its answer."""
    return answers_of(card, [values])[0]


def answers_of(card: ModelCard, scores: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    """Each row's scores as its answer."""
    if card.question == Question.NUMBER:
        return [{"prediction": values[0]} for values in scores]
    names, classes = ("prediction", *card.chances), card.classes
    return [dict(zip(names, (classes[values.index(max(values))], *values), strict=True)) for values in scores]


def predict(model: Scores, table: pa.Table) -> pa.Table:
    return answer_table(model.card, model.scores(matrix_of(table, model.card.input)))


def explain(model: Scores, table: pa.Table) -> pa.Table:
    """The contributions of a table's rows, a column a feature."""
    contributions = model.contributions(matrix_of(table, model.card.input))
    names = model.card.input.names
    return pa.table({name: contributions[:, j] for j, name in enumerate(names)})


def of_interest(card: ModelCard, per_class: Floats, scores: Floats) -> Floats:
    """Of contributions (n × features × classes) those to the positive class, or else to the predicted one: (n × features)."""
    if card.positive is not None:
        return per_class[:, :, card.classes.index(card.positive)]
    return np.take_along_axis(per_class, np.argmax(scores, axis=1)[:, None, None], axis=2)[:, :, 0]


def one_a_feature(card: ModelCard, per_output: Floats, scores: Callable[[], Floats]) -> Floats:
    """Of contributions (n × features × outputs) those that are told (n × features); ``scores`` are asked only of several classes."""
    if card.question == Question.NUMBER:
        return per_output[:, :, 0]
    if per_output.shape[2] == 1:
        return toward_positive(card, per_output[:, :, 0])
    return of_interest(card, per_output, scores())


def toward_positive(card: ModelCard, to_second_class: Floats) -> Floats:
    """Contributions to the second of two classes, turned towards the positive one."""
    return -to_second_class if card.positive is not None and card.classes.index(card.positive) == 0 else to_second_class
