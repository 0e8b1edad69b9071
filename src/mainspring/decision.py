"""Decision: a model's answer, the policy's choice, the reasons, and an id to which feedback comes back."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from mainspring.canonical import are_simple, canonical

NO_ACTION = "none"
EVENT = "event:"
"""So begins an occasion that is an event."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, in words. ``weight`` is the contribution in the model's own units (log-odds or the target's unit) for a feature."""

    kind: Literal["rule", "gain", "capacity", "feature", "error", "explore"]
    text: str
    feature: str | None = None
    weight: float | None = None
    code: str = ""
    """The same for programs: ``rule.before.2``, ``feature.tenure.raises``."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a decision was made of, so that it can be made again. Hashes are 32 hexadecimal digits of a SHA-256.

    ``input`` is of the record as it is journaled, ``features`` of what the model saw (None where it was not asked), ``model`` of its files,
    ``rules`` of the policy's rules; ``data`` is the lake's table and version that was learned from, ``code`` the release. ``rows`` is how
    many were answered at once, on which the last bits of an answer hang. ``codes`` say what decided: ``threshold.reached``, ``gain.best``,
    ``rule.after.1``, ``capacity.used_up``, ``error``.
    """

    codes: tuple[str, ...] = ()
    features: str | None = None
    rows: int = field(default=1, compare=False)
    threshold: float | None = None
    rules: str = ""
    model: str | None = None
    data: str | None = None
    code: str = ""
    input: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. ``gain`` is the expected gain of ``action`` over doing nothing, in the declaration's money.

    ``record`` is what was decided on, after protection; ``probabilities`` is empty for numbers and for decisions that a rule
    took before the model; ``model_version`` is None for the latter. ``propensity`` is the probability with which ``action`` was chosen,
    where a share of decisions is made at random; None where nothing was, or where it cannot be told because capacity ran out.
    ``coverage`` is what stands beside the prediction where ``learn.coverage`` is declared: ``lower`` and ``upper`` of an interval (None
    where it has no end), or the ``set`` of classes.
    """

    id: str
    automation: str
    key: str | None
    action: str
    at: datetime
    record: Mapping[str, Any]
    prediction: str | int | float | bool | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict[str, float])
    gain: float | None = None
    reasons: tuple[Reason, ...] = ()
    model_version: int | None = None
    policy_version: str = ""
    occasion: str = ""
    receipt: Receipt | None = None
    propensity: float | None = None
    coverage: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def acts(self) -> bool:
        return self.action != NO_ACTION


def decision_id(
    automation: str, versions: tuple[int | None, str], key: str | None, record: Mapping[str, Any], occasion: str = ""
) -> str:
    """The id that this decision always has: 32 hexadecimal digits from everything that determines it.

    Asking again for the same record, with the same model and policy, on the same ``occasion`` is the same decision, so
    a repeated request can neither act twice nor use up capacity twice. A new ``occasion`` ("2026-12") makes a new one.
    An occasion that is an event (``event:source#id``) alone determines it: when the event comes again, after a promotion
    even, it is answered as it was.
    """
    if occasion.startswith(EVENT):
        return hashlib.sha256(f"{automation}\0{occasion}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    parts = [automation, versions, key, sorted(record.items()), occasion]
    return hashlib.sha256(canonical(parts, simple=are_simple(record.values()))).hexdigest()[:32]
