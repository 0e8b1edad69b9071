"""Replay: a decision made again, from the record, the version and the policy that were kept, and what differs."""

from dataclasses import asdict
from typing import Any

from mainspring.backends.opening import Backends
from mainspring.backends.store.journal.row import input_hash
from mainspring.backends.store.json_text import to_text
from mainspring.decision import Decision
from mainspring.errors import NotFound, Tampered
from mainspring.run.desk import Desk, open_desk, open_rules
from mainspring.steps.decide.capacity import USED_UP, limit_to

MADE = ("id", "action", "prediction", "probabilities", "coverage", "gain", "policy_version", "propensity")
TWICE = 2
"""Answers of one row and of several may differ in their last bits, those of two and of more rarely."""


def replay(backends: Backends, id: str) -> dict[str, Any]:
    """``same`` says whether the decision came out as it was, bit for bit; ``differences`` have ``what``, ``kept`` and ``now``.

    Raises:
        NotFound: there is no such decision.
    """
    kept = backends.decisions.find(id)
    if kept is None:
        raise NotFound("decision", id)
    differences: list[dict[str, Any]] = []
    try:
        desk = _desk_of(backends, kept)
    except (NotFound, Tampered) as error:
        differences = [{"what": "model", "kept": f"version {kept.model_version}", "now": str(error)}]
    else:
        differences = min((_differences(kept, _again(desk, kept, rows)) for rows in _ways(kept)), key=len)
    return {
        "decision": kept.id, "automation": kept.automation, "same": not differences, "differences": differences,
        "action": kept.action, "model_version": kept.model_version, "policy_version": kept.policy_version,
        "at": kept.at.isoformat(), "receipt": receipt_of(kept),
    }  # fmt: skip


def receipt_of(decision: Decision) -> dict[str, Any] | None:
    """The receipt as plain values, with the codes of all reasons; None of a decision older than receipts."""
    if decision.receipt is None:
        return None
    codes = (*decision.receipt.codes, *(reason.code for reason in decision.reasons if reason.code))
    return asdict(decision.receipt) | {"codes": list(dict.fromkeys(codes))}


def _desk_of(backends: Backends, kept: Decision) -> Desk:
    if kept.model_version is None:
        return open_rules(backends, kept.automation, kept.policy_version)
    return open_desk(backends, kept.automation, kept.model_version)


def _ways(kept: Decision) -> list[int]:
    """In how many rows to ask again: as many kinds of arithmetic as there are."""
    asked = 1 if kept.receipt is None else kept.receipt.rows
    return [1, TWICE] if kept.receipt is None else list(dict.fromkeys([min(asked, TWICE), asked]))


def _again(desk: Desk, kept: Decision, rows: int) -> Decision:
    record, at, occasion = kept.record, kept.at, kept.occasion
    reasons = any(reason.kind in ("gain", "feature") for reason in kept.reasons)
    if desk.decider.policy.forgives and (wrong := desk.wrong(record)):
        return desk.decider.forgiven(record, wrong, key=kept.key, at=at, occasion=occasion)
    if rows == 1:
        made = desk.decider.decide_one(record, key=kept.key, at=at, occasion=occasion, reasons=reasons)
    else:
        many = [record] * rows
        keys = [kept.key] * rows
        made = desk.decider.decide(desk.table, many, keys=keys, at=at, occasion=occasion, reasons=reasons)[0]
    used_up = any(reason.code == USED_UP.code or reason.text == USED_UP.text for reason in kept.reasons)
    return limit_to([made], 0)[0] if used_up else made


def _differences(kept: Decision, now: Decision) -> list[dict[str, Any]]:
    pairs = [(name, getattr(kept, name), getattr(now, name)) for name in MADE]
    if kept.propensity is None:
        # Where capacity ran out it could not be told how probable the action was.
        pairs = [pair for pair in pairs if pair[0] != "propensity"]
    pairs.append(("reasons", _plain(kept), _plain(now)))
    if kept.receipt is not None and now.receipt is not None:
        made = asdict(now.receipt) | {"input": input_hash(to_text(kept.record)), "rows": kept.receipt.rows}
        pairs += [(name, value, made[name]) for name, value in asdict(kept.receipt).items()]
    return [{"what": what, "kept": one, "now": other} for what, one, other in pairs if to_text(one) != to_text(other)]


def _plain(decision: Decision) -> list[dict[str, Any]]:
    """The reasons without their codes, which those of earlier releases have not."""
    return [{name: value for name, value in asdict(r).items() if name != "code"} for r in decision.reasons]
