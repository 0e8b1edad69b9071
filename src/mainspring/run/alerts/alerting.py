"""Alerting: from findings to alerts: confirmed, told once, left alone while they last, over when they are over. Sends nothing itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mainspring.backends.store.watching.alerts import Alert, State
from mainspring.steps.watch.finding import SEVERITIES, Finding

REMEMBERED = 20


@dataclass(frozen=True, slots=True)
class AlertTerms:
    """``confirm`` is k of the last n looks, ``cooldown`` how long nobody is told again, ``least`` the severity from which on."""

    confirm: tuple[int, int]
    cooldown: timedelta
    least: str = "warning"


def changed(
    automation: str, known: Mapping[str, Alert], findings: Sequence[Finding], at: datetime, terms: AlertTerms
) -> tuple[list[Alert], list[Alert]]:
    """What becomes of the alerts after another look: all that changed, and of them those to tell someone of now."""
    found = {finding.mark: finding for finding in findings if _counts(finding.severity, terms.least)}
    changes: list[Alert] = []
    to_tell: list[Alert] = []
    for mark in dict.fromkeys([*found, *known]):
        before = known.get(mark)
        after = _seen(automation, before, found[mark], at, terms) if mark in found else _unseen(before, terms)
        if after is None:
            continue
        if mark in found and _to_be_told(before, after, at, terms):
            after = replace(after, told=at)
            to_tell.append(after)
        changes.append(after)
    return changes, to_tell


def _counts(severity: str, least: str) -> bool:
    return SEVERITIES.index(severity) >= SEVERITIES.index(least)  # pyright: ignore[reportArgumentType] - a text from the store


def _seen(automation: str, before: Alert | None, finding: Finding, at: datetime, terms: AlertTerms) -> Alert:
    history = ((before.history if before else "") + "1")[-REMEMBERED:]
    k, n = terms.confirm
    confirmed = history[-n:].count("1") >= k
    standing = before is not None and before.state in ("open", "acknowledged")
    state: State = before.state if before is not None and standing else ("open" if confirmed else "pending")
    facts = {"kind": finding.kind, "subject": finding.subject, "columns": list(finding.columns), **finding.facts}
    fresh = before is None or before.state == "resolved"
    return Alert(
        automation, finding.mark, finding.severity, state, finding.what, facts, history,
        first=at if fresh or before is None else before.first, last=at, told=before.told if before else None,
        muted_until=before.muted_until if before else None,
    )  # fmt: skip


def _unseen(before: Alert | None, terms: AlertTerms) -> Alert | None:
    """It is over once none of the last n looks has found it."""
    if before is None or before.state == "resolved":
        return None
    history = (before.history + "0")[-REMEMBERED:]
    over = "1" not in history[-terms.confirm[1] :]
    return replace(before, history=history, state="resolved" if over else before.state)


def _to_be_told(before: Alert | None, after: Alert, at: datetime, terms: AlertTerms) -> bool:
    if after.state != "open" or (after.muted_until is not None and at < after.muted_until):
        return False
    worse = before is not None and SEVERITIES.index(after.severity) > SEVERITIES.index(before.severity)  # pyright: ignore[reportArgumentType]
    return after.told is None or worse or at - after.told >= terms.cooldown
