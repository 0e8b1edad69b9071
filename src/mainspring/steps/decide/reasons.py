"""Reasons: why, in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.decision import NO_ACTION, Reason
from mainspring.model import Explains, Model, NamesWords, Question
from mainspring.steps.decide.policy import Policy

TOP = 3
LONGEST = 40


def gain_reason(policy: Policy, probabilities: Mapping[str, float], action: str) -> Reason | None:
    """What acting is expected to gain, what doing nothing is, and at which probability."""
    probability = probabilities.get(str(policy.positive)) if policy.positive is not None else None
    # With a threshold it is that which decided, and it need not lie where acting begins to pay.
    limit = "" if policy.threshold is None or policy.action is None else f" (acts from {policy.threshold:.1%})"
    at = "" if probability is None else f", at a probability of {policy.positive} of {probability:.1%}{limit}"
    if policy.gains is None:
        if policy.threshold is None or probability is None:
            return None
        side = "reaches" if action != NO_ACTION else "is below"
        return Reason("gain", f"the probability of {policy.positive}, {probability:.1%}, {side} {policy.threshold:.1%}")
    vector = np.array([[probabilities[str(label)] for label in policy.gains.classes]])
    expected = policy.gains.expected(vector)[0]
    best = int(np.argmax(expected[1:])) + 1
    shown = policy.gains.actions.index(action) if action in policy.gains.actions[1:] else best
    name = policy.gains.actions[shown]
    return Reason("gain", f"{name} is expected to gain {expected[shown]:+,.2f}, doing nothing {expected[0]:+,.2f}{at}")


def reasons_of_one(
    model: Model | None, record: Mapping[str, Any], contributions: Mapping[str, float]
) -> tuple[Reason, ...]:
    """What :func:`feature_reasons` says of one record with known contributions."""
    if model is None:
        return ()
    weighed = sorted(contributions.items(), key=lambda pair: -abs(pair[1]))[:TOP]
    about, words = _about(model), _words(model, record)
    return tuple(
        _feature_reason(_shown(name, record.get(name), weight, words), (name, weight), about)
        for name, weight in weighed
        if weight != 0.0
    )


def feature_reasons(model: Model | None, table: pa.Table) -> list[tuple[Reason, ...]]:
    """For each row of raw columns, the columns that weighed most, in words; nothing from a model that cannot explain."""
    if not isinstance(model, Explains) or not len(table):
        return [()] * len(table)
    contributions = model.explain(table)
    names = contributions.column_names
    weights = np.column_stack([contributions.column(name).to_numpy() for name in names]) if names else None
    if weights is None:
        return [()] * len(table)
    top = np.argsort(-np.abs(weights), axis=1, kind="stable")[:, :TOP]
    values = {name: table.column(name).to_pylist() if name in table.column_names else None for name in names}
    about = _about(model)

    def of_row(i: int) -> tuple[Reason, ...]:
        record = {name: None if (known := values[name]) is None else known[i] for name in names}
        words = _words(model, record)
        weighed = [(names[j], float(weights[i, j])) for j in top[i] if weights[i, j] != 0.0]
        return tuple(
            _feature_reason(_shown(name, record[name], weight, words), (name, weight), about)
            for name, weight in weighed
        )

    return [of_row(i) for i in range(len(table))]


def _words(model: Model, record: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
    return model.words_of(record) if isinstance(model, NamesWords) else {}


def _about(model: Model) -> str:
    card = model.card
    if card.question == Question.NUMBER:
        return card.target
    return f"the chance of {card.positive}" if card.positive is not None else "the chance of the predicted class"


def _shown(name: str, value: Any, weight: float, words: Mapping[str, Mapping[str, float]]) -> str:
    """The column with its value; of a text that was read, with the words that pushed the way it does."""
    there = words.get(name, {})
    pushing = [word for word in sorted(there, key=lambda word: -there[word] * weight)[:TOP] if there[word] * weight > 0]
    if pushing:
        return f"{name} ({', '.join(f'“{word}”' for word in pushing)})"
    shown = "missing" if value is None or value != value else str(value).encode("utf-8", "replace").decode()
    return f"{name} = {shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + '…'}"


def _feature_reason(shown: str, weighed: tuple[str, float], about: str) -> Reason:
    name, weight = weighed
    does = "raises" if weight > 0 else "lowers"
    return Reason("feature", f"{shown} {does} {about}", name, weight, f"feature.{name}.{does}")
