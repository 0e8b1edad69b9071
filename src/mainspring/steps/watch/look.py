"""Look: everything that is watched, on one window, weighed in money. Values in, values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from mainspring.steps.watch import drift, performance, quality
from mainspring.steps.watch.drift import ColumnDrift, DriftTerms
from mainspring.steps.watch.finding import Finding
from mainspring.steps.watch.kept.reference import Reference, allowed
from mainspring.steps.watch.kept.surprise import surprises
from mainspring.steps.watch.money import Cost, Loss, loss, weigh
from mainspring.steps.watch.online import Change, changed
from mainspring.steps.watch.performance import Performance
from mainspring.steps.watch.quality import ColumnQuality
from mainspring.steps.watch.window import Outcomes, Times, Window, target_of, told


@dataclass(frozen=True, slots=True)
class Terms:
    """What is declared. Fewer than ``least`` rows say nothing; ``rise`` is the least rise of a share of bad values that counts;
    ``by`` says whether money or the effect decides (money only where gains are declared), ``payback`` in how many seconds it must pay.
    ``quiet`` are kinds of findings that never alarm.
    """

    least: int = 200
    drift: DriftTerms = field(default_factory=DriftTerms)
    rise: float = 0.05
    by: Literal["money", "effect"] = "money"
    cost: Cost | None = None
    payback: float = 30 * 86_400.0
    quiet: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of ``rows`` rows, ``outcomes`` of them known. ``columns`` are the drifts of features, answers and target;
    ``began`` says since when what changed has been so, by subject.
    """

    rows: int
    outcomes: int
    findings: tuple[Finding, ...]
    columns: tuple[ColumnDrift, ...] = ()
    qualities: tuple[ColumnQuality, ...] = ()
    performance: Performance | None = None
    loss: Loss | None = None
    cost: Cost | None = None
    began: Mapping[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "rows": self.rows, "outcomes": self.outcomes,
            "findings": [finding.to_dict() for finding in self.findings],
            "columns": [one.to_dict() for one in self.columns],
            "quality": [one.to_dict() for one in self.qualities],
            "performance": None if self.performance is None else self.performance.to_dict(),
            "loss": None if self.loss is None else self.loss.to_dict(),
            "cost": None if self.cost is None else {"value": self.cost.value, "basis": self.cost.basis},
            "began": dict(self.began),
        }  # fmt: skip


def look(reference: Reference, window: Window, terms: Terms) -> Look:
    """Quality, drift, performance and loss of a window, as far as its rows are enough to tell."""
    asked = reference.asked
    known = window.outcomes if window.outcomes is not None and len(window.outcomes) >= terms.least else None
    window = replace(window, outcomes=known)
    columns, findings, qualities = _lie(reference, window, terms)
    seen = performance.performance(reference, window) if len(window.answers) >= terms.least or known else None
    began = _began(reference, window, known)
    findings += _performance(reference, seen, began)
    lost = loss(asked, reference.judged, window) if seen is not None else None
    if terms.by == "money" and lost is not None and terms.cost is not None:
        moved = ("drift", "performance")
        findings = [weigh(f, lost, terms.cost, terms.payback) if f.kind in moved else f for f in findings]
    findings = [replace(f, severity="info") if f.kind in terms.quiet else f for f in findings]
    count = 0 if known is None else len(known)
    return Look(window.rows, count, tuple(findings), columns, qualities, seen, lost, terms.cost, began)


def _lie(
    reference: Reference, window: Window, terms: Terms
) -> tuple[tuple[ColumnDrift, ...], list[Finding], tuple[ColumnQuality, ...]]:
    asked, answers = reference.asked, window.answers
    columns: list[ColumnDrift] = []
    findings: list[Finding] = []
    qualities: tuple[ColumnQuality, ...] = ()

    def compare(subject: str, measured: Sequence[ColumnDrift]) -> None:
        columns.extend(measured)
        if (found := drift.finding_of(subject, measured)) is not None:
            findings.append(found)

    if window.rows >= terms.least:
        qualities = tuple(quality.qualities(reference, window))
        findings += quality.findings_of(reference, window, qualities, terms.rise)
        compare("features", drift.drifts(reference, reference.columns, window.columns, terms.drift))
    if len(answers) >= terms.least and reference.answers:
        compare("prediction", drift.drifts(reference, reference.answers, told(asked, answers), terms.drift))
    if window.outcomes is not None:
        target = {asked.target: target_of(asked, window.outcomes)}
        compare("target", drift.drifts(reference, {asked.target: reference.target}, target, terms.drift))
    return tuple(columns), findings, qualities


def _began(reference: Reference, window: Window, known: Outcomes | None) -> dict[str, dict[str, Any]]:
    """Since when the mean score, and the mean surprise, have been other than before."""
    began: dict[str, dict[str, Any]] = {}
    if len(window.answers):
        score = told(reference.asked, window.answers)
        values = np.asarray(score.get("score", score["prediction"]))
        _enter(began, "prediction", changed(values.astype(np.float64)), window.at)
    if known is not None and reference.judged is not None:
        judged = reference.judged
        odd = surprises(judged, performance.as_judged(judged, known.answers), known.truth)
        _enter(began, "outcomes", changed(odd), known.at)
    return began


def _enter(began: dict[str, dict[str, Any]], subject: str, change: Change | None, at: Times | None) -> None:
    if change is not None:
        began[subject] = change.to_dict() | {"time": None if at is None else str(at[change.at])}


def _performance(reference: Reference, seen: Performance | None, began: Mapping[str, dict[str, Any]]) -> list[Finding]:
    """By the whole window, or by what ADWIN found since the change: then the rows before it do not water it down."""
    if seen is None or reference.judged is None or not seen.labelled:
        return []
    change = began.get("outcomes")
    since = 0.0
    if change is not None and change["after"] > change["before"]:
        rows = seen.labelled - change["at"]
        since = (
            change["after"]
            if change["after"] > max(performance.EFFECT, allowed(reference.judged.tolerance, rows))
            else 0.0
        )
    found = performance.finding_of(reference.asked, seen, since)
    return [] if found is None else [found]
