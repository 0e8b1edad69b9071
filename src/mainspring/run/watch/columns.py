"""Columns: what of cleaned rows, answers and actions is watched."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.multilabel.labels import read_labels
from mainspring.measure.spans.span import read_spans
from mainspring.model import Label, ModelCard, Question
from mainspring.steps.decide.policy import Policy
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.watch.kept.reference import Asked

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
AS_THEY_ARE = frozenset({"number", "whole", "boolean", "category"})


def watched(plan: CleaningPlan, names: Iterable[str], cleaned: pa.Table) -> dict[str, pa.Array]:
    """Of cleaned rows the columns that can drift: not dates, which always move on, nor ids; of texts, how long they are."""
    kinds = {column.name: column.reading.kind for column in plan.columns}
    there, found = frozenset(cleaned.column_names), dict[str, pa.Array]()
    for name in names:
        if name not in there:
            continue
        values = cleaned.column(name).combine_chunks()
        if kinds.get(name) in AS_THEY_ARE:
            found[name] = values
        elif kinds.get(name) in ("text", "verbatim"):
            found[name] = pc.utf8_length(values).cast(pa.float64())
    return found


def asked_of(card: ModelCard, policy: Policy, metric: str) -> Asked:
    if card.question in (Question.SPANS, Question.LABELS):
        # Watched is how many there are in a text.
        return Asked(Question.NUMBER, card.target, "rmse", (), None, None, None)
    positive = card.classes.index(card.positive) if card.positive is not None and len(card.classes) == 2 else None
    return Asked(card.question, card.target, metric, card.classes, positive, policy.gains, policy.threshold)


def answers_of(asked: Asked, answers: pa.Table) -> Floats:
    """The model's answers (n × classes, or n)."""
    if asked.question == Question.NUMBER:
        told = answers.column("prediction")
        return np.asarray(pc.list_value_length(told) if pa.types.is_list(told.type) else told, np.float64)
    return np.column_stack([np.asarray(answers.column(f"probability_{label}"), np.float64) for label in asked.classes])


def told_answers(asked: Asked, told: Sequence[tuple[Any, Mapping[str, float]]]) -> Floats:
    """The same from journaled predictions and probabilities (n)."""
    if asked.question == Question.NUMBER:
        return np.array([_number(prediction) for prediction, _ in told], np.float64)
    names = [str(label) for label in asked.classes]
    rows = [[chances.get(name, 0.0) for name in names] for _, chances in told]
    return np.array(rows, np.float64).reshape(len(rows), len(names))


def policy_actions(asked: Asked, answers: Floats) -> Ints | None:
    """The action (n) that the policy chooses by these answers alone, where there are gains."""
    if asked.gains is None:
        return None
    if len(asked.gains.actions) == 2 and asked.threshold is not None and asked.positive is not None:
        return (answers[:, asked.positive] >= asked.threshold).astype(np.int64)
    return asked.gains.best_actions(answers)


def taken_actions(asked: Asked, actions: Sequence[str]) -> Ints | None:
    """The numbers (n) of actions that were really taken, where there are gains."""
    if asked.gains is None:
        return None
    number = {name: place for place, name in enumerate(asked.gains.actions)}
    return np.array([number.get(action, 0) for action in actions], np.int64)


def truths(asked: Asked, outcomes: Sequence[Label | None]) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Outcomes (n) as numbers of classes, or values; and which of them (n) can be read so."""
    if asked.question == Question.NUMBER:
        values = np.array([_number(outcome) for outcome in outcomes], np.float64)
        return values, ~np.isnan(values)
    place = {label: number for number, label in enumerate(asked.classes)}
    numbers = np.array([-1 if outcome is None else place.get(outcome, -1) for outcome in outcomes], np.int64)
    return numbers, numbers >= 0


def _number(outcome: Any) -> float:
    if isinstance(outcome, int | float):
        return float(outcome)
    several = read_spans(outcome)
    several = read_labels(outcome) if several is None else several
    return float("nan") if several is None else float(len(several))
