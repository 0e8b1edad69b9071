"""Feedback: what happened, taken in; and what the decisions earned by it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mainspring.backends.opening import Backends
from mainspring.backends.store.feedback import Outcome
from mainspring.errors import BadRecord
from mainspring.measure.gains import baselines
from mainspring.run.desk import Desk
from mainspring.steps.decide.policy import Policy


def hear(desk: Desk, backends: Backends, records: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Take outcomes in: each record has ``decision`` (the id) or the key column, and ``outcome`` or the target's name.

    Raises:
        BadRecord: one lacks either, or its outcome is no class of the target; then none is taken.
    """
    rows = [_row(desk, record, number) for number, record in enumerate(records, start=1)]
    heard = backends.feedback.add(desk.automation.name, rows)
    return {"accepted": heard.accepted, "repeated": heard.repeated, "unknown": len(heard.unknown)}


def _row(desk: Desk, record: Mapping[str, Any], number: int) -> dict[str, Any]:
    learn, key = desk.automation.learn, desk.automation.source.key
    target = learn.target if learn else None
    outcome = record.get("outcome", record.get(target) if target else None)
    if outcome is None:
        wanted = "'outcome'" + (f" or {target!r}" if target else "")
        raise _bad(desk, number, "outcome", f"is missing: give {wanted}")
    row: dict[str, Any] = {"outcome": _cleaned(desk, outcome, number)}
    if record.get("decision") is not None:
        row["decision_id"] = str(record["decision"])
    elif key is not None and record.get(key) is not None:
        row["key"] = desk.key_of(desk.protect({key: record[key]}))
    else:
        raise _bad(desk, number, "decision", "is missing: give the decision's id" + (f", or {key!r}" if key else ""))
    if record.get("at") is not None:
        row["at"] = record["at"]
    return row


def _cleaned(desk: Desk, outcome: Any, number: int) -> Any:
    """The outcome as the target's column is read, so that ``"1"`` and 1 are one class."""
    learn, classes = desk.automation.learn, desk.decider.policy.classes
    if learn is None:
        return outcome
    value = desk.plan.apply_one({learn.target: outcome})[learn.target]
    if value is None or (classes and value not in classes):
        known = f"; the classes are {', '.join(map(str, classes))}" if classes else ""
        raise _bad(desk, number, "outcome", f"is no value of {learn.target!r}{known}")
    return value


def _bad(desk: Desk, number: int, field: str, why: str) -> BadRecord:
    return BadRecord(f"record {number}: {field} {why}", fields={field: why}, where=desk.automation.name,
                     remedy="correct the record and send all of them again; nothing was taken")  # fmt: skip


def realised(desk: Desk, backends: Backends) -> dict[str, Any] | None:
    """What the decisions with a known outcome earned, beside simple policies on the same; None without gains."""
    policy = desk.decider.policy
    name = desk.automation.name
    if policy.gains is None:
        return None
    outcomes = [o for o in backends.feedback.outcomes(name) if o.outcome in policy.classes]
    truth = np.array([policy.classes.index(_label(o)) for o in outcomes], dtype=np.int64)
    actions = np.array([_number(policy, o.action) for o in outcomes], dtype=np.int64)
    earned: dict[str, Any] = {
        "outcomes": len(outcomes),
        "mainspring": {
            "contacted": int((actions > 0).sum()),
            "gain": float(policy.gains.realised(actions, truth).sum()),
        },
    }
    if len(policy.gains.actions) == 2 and policy.positive is not None:
        score = _scores(backends, name, outcomes, str(policy.positive))
        for simple, (contacted, gain) in baselines(truth, score, policy.gains).items():
            earned[simple] = {"contacted": contacted, "gain": gain}
    return earned


def _scores(backends: Backends, name: str, outcomes: Sequence[Outcome], positive: str) -> np.ndarray:
    """The probability each decision was taken at. Where a rule spoke before the model there is none: it ranks last."""
    known = {d.id: d.probabilities.get(positive, 0.0) for d in backends.decisions.recent(name, limit=1_000_000)}
    return np.array([known.get(o.decision_id, 0.0) for o in outcomes], dtype=np.float64)


def _label(outcome: Outcome) -> Any:
    return outcome.outcome


def _number(policy: Policy, action: str) -> int:
    assert policy.gains is not None  # the caller has looked
    return policy.gains.actions.index(action) if action in policy.gains.actions else 0
