"""Hear: outcomes, checked and taken in."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mainspring.backends.opening import Backends
from mainspring.errors import BadRecord
from mainspring.measure.multilabel.labels import read_labels
from mainspring.model import Question
from mainspring.run.desk import Desk

SKEW = timedelta(days=1)
"""Clocks differ, and days begin at different times; what happened later than this has not happened."""
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


def hear(desk: Desk, backends: Backends, records: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Take outcomes in. Each record has ``decision`` (the id) or the key column, and ``outcome`` (or the target's name) or ``gain`` (money)
    or both; it may have ``at`` (when it happened) and ``partial`` (so far: it may still change).

    By key, the newest decision is meant that was made by ``at``, and within the declared ``decide.feedback.within`` before it.

    Raises:
        BadRecord: one lacks either, its outcome is no class of the target, or another value is none; then none is taken.
    """
    rows = [_row(desk, record, number) for number, record in enumerate(records, start=1)]
    heard = backends.feedback.add(desk.automation.name, rows)
    return {
        "accepted": heard.accepted, "repeated": heard.repeated, "corrected": heard.corrected,
        "contradictory": heard.contradictory, "unknown": len(heard.unknown),
    }  # fmt: skip


def _row(desk: Desk, record: Mapping[str, Any], number: int) -> dict[str, Any]:
    learn, decide = desk.automation.learn, desk.automation.decide
    target = learn.target if learn else None
    outcome, gain = record.get("outcome", record.get(target) if target else None), record.get("gain")
    if outcome is None and gain is None:
        wanted = "'outcome'" + (f" or {target!r}" if target else "")
        raise _bad(desk, number, "outcome", f"is missing: give {wanted}, or 'gain'")
    row: dict[str, Any] = {"outcome": None if outcome is None else _cleaned(desk, outcome, number)}
    if gain is not None:
        row["gain"] = _money(desk, gain, number)
    if record.get("at") is not None:
        row["at"] = _moment(desk, record["at"], number)
    if record.get("partial") is not None:
        row["partial"] = _truth(desk, record["partial"], number)
    row |= _whom(desk, record, number)
    if "key" in row and decide is not None and decide.feedback is not None and decide.feedback.within is not None:
        row["since"] = row.get("at", datetime.now(UTC)) - timedelta(seconds=decide.feedback.within)
    return row


def _whom(desk: Desk, record: Mapping[str, Any], number: int) -> dict[str, Any]:
    key = desk.automation.source.key
    if record.get("decision") is not None:
        return {"decision_id": str(record["decision"])}
    if key is not None and record.get(key) is not None:
        return {"key": desk.key_of(desk.protect({key: record[key]}))}
    raise _bad(desk, number, "decision", "is missing: give the decision's id" + (f", or {key!r}" if key else ""))


def _cleaned(desk: Desk, outcome: Any, number: int) -> Any:
    """The outcome as the target's column is read, so that ``"1"`` and 1 are one class."""
    learn, classes = desk.automation.learn, desk.decider.policy.classes
    several = isinstance(outcome, list)
    if several and (learn is None or learn.question not in (Question.LABELS, Question.SPANS)):
        raise _bad(desk, number, "outcome", "is a list: one value was asked for")
    if learn is None:
        return outcome
    value = desk.plan.apply_one({learn.target: outcome})[learn.target]
    labels = desk.decider.policy.question == Question.LABELS
    told = [value] if value is None or not labels else read_labels(value) or []
    if value is None or (classes and not set(classes).issuperset(told)):
        known = f"; the classes are {', '.join(map(str, classes))}" if classes else ""
        raise _bad(desk, number, "outcome", f"is no value of {learn.target!r}{known}")
    return value


def _money(desk: Desk, gain: Any, number: int) -> float:
    try:
        told = math.nan if isinstance(gain, bool) else float(gain)
    except (TypeError, ValueError, OverflowError):
        told = math.nan
    if not math.isfinite(told):
        raise _bad(desk, number, "gain", "must be a number")
    return told


def _moment(desk: Desk, at: Any, number: int) -> datetime:
    """A day alone means its end: what is known of a day is known when it is over."""
    try:
        if isinstance(at, str):
            at = date.fromisoformat(at.strip()) if len(at.strip()) == len("2026-03-01") else datetime.fromisoformat(at)
        if not isinstance(at, date):
            raise TypeError
        if not isinstance(at, datetime):
            at = datetime.combine(at, time.max)
        moment = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise _bad(desk, number, "at", "is no moment: write 2026-03-01 or 2026-03-01T12:00:00Z") from None
    if moment > datetime.now(UTC) + SKEW:
        raise _bad(desk, number, "at", "has not come yet")
    return moment


def _truth(desk: Desk, partial: Any, number: int) -> bool:
    told = TRUTH.get(str(partial).strip().lower())
    if told is None:
        raise _bad(desk, number, "partial", "must be true or false")
    return told


def _bad(desk: Desk, number: int, field: str, why: str) -> BadRecord:
    return BadRecord(f"record {number}: {field} {why}", fields={field: why}, where=desk.automation.name,
                     remedy="correct the record and send all of them again; nothing was taken")  # fmt: skip
