"""Hear: outcomes, checked and taken in."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.backends.opening import Backends
from mainspring.errors import BadRecord
from mainspring.run.desk import Desk


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
