"""Sketched: the sketches of what went in and came out, by column."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.decision import Decision
from mainspring.measure.sketches.column import ColumnSketch
from mainspring.model import Question
from mainspring.run.desk import Desk

ACTION, PREDICTION, GAIN = "decided.action", "decided.prediction", "decided.gain"
"""How what came out is called beside the columns that went in."""
NOT_SKETCHED = frozenset({"nested", "empty", "spans", "labels"})

Sketched = dict[str, ColumnSketch]
"""Column → sketch."""


def sketch(into: Sketched, desk: Desk, decisions: Sequence[Decision]) -> None:
    """Add decisions of one desk, with what they were made on as it is kept: protected."""
    cleaned = desk.plan.apply(desk.table([decision.record for decision in decisions]))
    for column in desk.plan.columns:
        kind = column.reading.kind
        if kind in NOT_SKETCHED:
            continue
        values, one = cleaned.column(column.name).combine_chunks(), into.setdefault(column.name, ColumnSketch())
        if kind == "id":
            one.add_kinds(values)
        else:
            one.add(pc.utf8_length(values).cast(pa.float64()) if kind in ("text", "verbatim") else values)
    for name, values in _answers(desk, decisions).items():
        into.setdefault(name, ColumnSketch()).add(values)


def added(into: Sketched, others: Mapping[str, ColumnSketch]) -> Sketched:
    """``into``, with the others merged into it."""
    for name, other in others.items():
        if name in into:
            into[name].merge(other)
        else:
            into[name] = other
    return into


def to_bytes(sketched: Mapping[str, ColumnSketch]) -> bytes:
    return zlib.compress(orjson.dumps({name: one.to_plain() for name, one in sketched.items()}), 1)


def from_bytes(kept: bytes) -> Sketched:
    plain = orjson.loads(zlib.decompress(kept))
    return {name: ColumnSketch.from_plain(one) for name, one in plain.items()}


def together(one: bytes, other: bytes) -> bytes:
    return to_bytes(added(from_bytes(one), from_bytes(other)))


def _answers(desk: Desk, decisions: Sequence[Decision]) -> dict[str, pa.Array]:
    answers = {ACTION: pa.array([one.action for one in decisions], pa.string())}
    if desk.model is None:
        return answers
    numbers = not desk.decider.policy.classes or desk.decider.policy.question == Question.LABELS
    predictions: list[Any] = [one.prediction for one in decisions]
    told = [None if one is None else (_number(one) if numbers else str(one)) for one in predictions]
    answers[PREDICTION] = pa.array(told, pa.float64() if numbers else pa.string())
    if any(one.gain is not None for one in decisions):
        answers[GAIN] = pa.array([one.gain for one in decisions], pa.float64())
    for label in desk.decider.policy.classes:
        chances = [one.probabilities.get(str(label)) for one in decisions]
        answers[f"decided.probability_{label}"] = pa.array(chances, pa.float64())
    return answers


def _number(prediction: Any) -> float:
    """Of spans and of labels, how many there are."""
    return float(len(prediction)) if isinstance(prediction, list) else float(prediction)  # pyright: ignore[reportUnknownArgumentType]
