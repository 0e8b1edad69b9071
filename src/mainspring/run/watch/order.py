"""Order: a look at an automation, from its journal to its alerts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.automation.watch import Watch
from mainspring.backends.opening import Backends
from mainspring.backends.store.watching.looks import PastLook
from mainspring.run.alerts.alerting import AlertTerms, changed
from mainspring.run.alerts.telling import message
from mainspring.run.desk import Desk
from mainspring.run.watch.evidence import Seen, leave
from mainspring.run.watch.reference import keep_reference, reference_of
from mainspring.run.watch.serving.summed import summed_up
from mainspring.run.watch.window import Span, earlier_counts, journaled, sketched, tabled
from mainspring.steps.watch import quality, service
from mainspring.steps.watch.drift import DriftTerms
from mainspring.steps.watch.finding import Finding
from mainspring.steps.watch.kept.reference import Reference
from mainspring.steps.watch.look import Look, Terms, look
from mainspring.steps.watch.lying import lying as shares
from mainspring.steps.watch.money import Cost

__all__ = ["keep_reference", "lying", "watch", "watch_rows"]
BY = "watch"


def watch(desk: Desk, backends: Backends, at: datetime | None = None) -> dict[str, Any]:
    """Look at the decisions of the declared window, keep what was seen, and bring the alerts up to date.

    Only one process looks at an automation at a time; the others find it done.

    Raises:
        Busy: another process is looking.
    """
    name = desk.automation.name
    with backends.database.alone(f"watch:{name}"):
        return _watched(desk, backends, at or datetime.now(UTC))


def watch_rows(desk: Desk, backends: Backends, rows: pa.Table) -> dict[str, Any]:
    """Look at rows that were not decided about. Nothing is kept, and nobody is told."""
    reference = _reference(desk, backends)
    start = datetime.now(UTC) - timedelta(days=1)
    (count,) = backends.journal.counts(desk.automation.name, [start, datetime.now(UTC)])
    seen = look(reference, tabled(desk, reference, rows, float(count) or None), terms_of(desk.automation, reference))
    return {"automation": desk.automation.name, "version": desk.decider.model_version, **seen.to_dict()}


def lying(desk: Desk, backends: Backends, most: int) -> list[dict[str, Any]]:
    """How the columns of the window lie beside the reference, at most ``most`` of them."""
    reference, version = _reference(desk, backends), desk.decider.model_version
    assert version is not None  # the caller has looked
    window, _ = journaled(desk, backends, reference, version, _span(desk, datetime.now(UTC)))
    told = [name for name in reference.columns if isinstance(window.columns.get(name), pa.Array)]
    return shares(told[:most], dict(reference.columns), dict(window.columns)) if window.rows else []


def terms_of(automation: Automation, reference: Reference) -> Terms:
    declared = automation.watch
    drift, retrain = declared.drift, declared.retrain
    silent = {"drift": drift.alert, "quality": declared.quality.alert, "performance": declared.performance.alert}
    basis = "declared"
    cost = retrain.cost
    if cost is None:
        cost = reference.training_seconds / 3600 * retrain.hourly
        basis = f"{reference.training_seconds:g} s at {retrain.hourly:g} an hour"
    return Terms(
        declared.least, DriftTerms(drift.effect, drift.rate, drift.control, frozenset(drift.exclude)), declared.quality.rise,
        drift.by, Cost(cost, basis), retrain.payback, frozenset(kind for kind, told in silent.items() if not told),
    )  # fmt: skip


def _reference(desk: Desk, backends: Backends) -> Reference:
    version = desk.decider.model_version
    assert version is not None  # the caller has looked
    return reference_of(backends, backends.registry.get(desk.automation.name, version))


def _watched(desk: Desk, backends: Backends, at: datetime) -> dict[str, Any]:
    name, declared, version = desk.automation.name, desk.automation.watch, desk.decider.model_version
    span = _span(desk, at)
    newest = backends.journal.newest(name)
    before = next(iter(backends.looks.recent(name)), None)
    number = newest[0] if newest is not None else 0
    seen, evidence, summed, by = Look(0, 0, ()), None, None, "journal"
    if version is not None:
        reference = _reference(desk, backends)
        window, summed = sketched(desk, backends, reference, version, span)
        by = "sketches" if window is not None else by
        if window is not None:
            seen = look(reference, window, terms_of(desk.automation, reference))
        if window is None or seen.findings:
            # What is shown to people are rows: those are gone through only where there is something to show.
            window, decisions = journaled(desk, backends, reference, version, span)
            evidence = Seen(reference, window, decisions)
            seen = seen if by == "sketches" else look(reference, window, terms_of(desk.automation, reference))
    served = service.added_up(backends.service.since(name, span.start))
    others = _others(backends, declared, name, span, None if newest is None else (at - newest[1]).total_seconds())
    others += service.findings_of(served, declared.limits.latency, declared.limits.errors)
    findings = (*seen.findings, *others)
    told = seen.to_dict() | {"findings": [f.to_dict() for f in findings], "service": served.to_dict()}
    told |= {"since": span.start.isoformat(), "until": at.isoformat(), "by": by}
    fresh = before is None or before.newest != number or any(f.mark == "quality:freshness" for f in others)
    backends.looks.add(PastLook(name, at, version, number, told))
    if fresh:
        _alert(desk, backends, findings, evidence, at)
    summed = summed or summed_up(backends, name, span.start, span.at)
    return {"automation": name, "at": at.isoformat(), "version": version, **told, "sketches": summed.to_dict()}


def _span(desk: Desk, at: datetime) -> Span:
    declared = desk.automation.watch
    feedback = desk.automation.decide.feedback if desk.automation.decide is not None else None
    waits, otherwise, learn = None, None, desk.automation.learn
    if feedback is not None:
        waits, otherwise = feedback.after, feedback.otherwise
    if otherwise is not None and learn is not None:
        otherwise = desk.plan.apply_one({learn.target: otherwise})[learn.target]
    return Span(at, timedelta(seconds=declared.window), declared.least, waits, otherwise)


def _others(backends: Backends, declared: Watch, name: str, span: Span, age: float | None) -> list[Finding]:
    """What counts of decisions alone can tell."""
    if not declared.quality.alert:
        return []
    (count,) = backends.journal.counts(name, [span.start, span.at + timedelta(seconds=1)])
    found = (
        quality.volume(count, earlier_counts(backends, name, span)),
        quality.freshness(age, declared.quality.freshness),
    )
    return [finding for finding in found if finding is not None]


def _alert(desk: Desk, backends: Backends, findings: Sequence[Finding], seen: Seen | None, at: datetime) -> None:
    name, declared = desk.automation.name, desk.automation.watch.alert
    terms = AlertTerms(declared.confirm, timedelta(seconds=declared.cooldown), declared.least)
    # Drawing takes a while, in which nobody must be kept from writing: what may be told is drawn before the transaction.
    standing = {alert.mark: alert for alert in backends.alerts.list(name, all=True)}
    drawn = {
        alert.mark: leave(backends.settings.place, finding, alert.id, f"{at:%Y%m%dT%H%M%S}", seen, declared.rows)
        for alert in changed(name, standing, findings, at, terms)[1]
        for finding in findings
        if finding.mark == alert.mark
    }
    with backends.alerts.changing(name) as alerting:
        changes, to_tell = changed(name, alerting.all(), findings, at, terms)
        for alert in changes:
            files = drawn.get(alert.mark, ())
            alerting.keep(replace(alert, facts={**alert.facts, "files": list(files)}) if files else alert)
        for alert in to_tell:
            facts = {"alert": alert.id, "mark": alert.mark, "severity": alert.severity, "what": alert.what}
            alerting.note("raised an alert", facts, BY)
            alerting.send(*(message(alert, to, drawn.get(alert.mark, ())) for to in declared.to))
