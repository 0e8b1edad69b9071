"""Drift: whether columns, answers and outcomes still lie as they did where the model was learned and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from mainspring.measure.samples.distance import Test, chi_squared, jensen_shannon, kolmogorov_smirnov, psi
from mainspring.measure.samples.multiplicity import benjamini_hochberg, holm
from mainspring.measure.samples.shape import Codes, NumberShape, Shape, Tallied, grouped, tally
from mainspring.steps.watch.finding import Finding, named
from mainspring.steps.watch.kept.reference import Reference

MARGIN = 1.25
"""How much further than the reference's own blocks a window may lie: it is one more block, and may well be the farthest."""
Table = Mapping[str, pa.Array | Tallied]


@dataclass(frozen=True, slots=True)
class DriftTerms:
    """``effect`` is the least distance that counts, ``rate`` the share of false discoveries (or with ``holm`` the chance of any)."""

    effect: float = 0.1
    rate: float = 0.01
    control: Literal["benjamini_hochberg", "holm"] = "benjamini_hochberg"
    exclude: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """One column's drift over ``rows``: Jensen–Shannon ``distance`` and what is ``allowed``, ``psi``, the ``test`` and its ``p``,
    also ``adjusted`` for the number of columns. It ``drifted`` where the test is sure and the distance is more than allowed.
    """

    column: str
    rows: int
    distance: float
    allowed: float
    psi: float
    test: str
    statistic: float
    p: float
    adjusted: float = 1.0
    drifted: bool = False

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def drifts(reference: Reference, shapes: Mapping[str, Shape], table: Table, terms: DriftTerms) -> list[ColumnDrift]:
    """Each column of ``table`` that has a shape, farthest beyond what is allowed first. Rows come in any order."""
    there = [name for name in shapes if name in table and len(table[name]) and name not in terms.exclude]
    measured = [_measured(reference, name, shapes[name], table[name], terms) for name in there]
    adjust = holm if terms.control == "holm" else benjamini_hochberg
    adjusted = adjust([one.p for one in measured])
    judged = [
        replace(one, adjusted=float(p), drifted=bool(p <= terms.rate and one.distance > one.allowed))
        for one, p in zip(measured, adjusted, strict=True)
    ]
    return sorted(judged, key=lambda one: (not one.drifted, -one.distance / one.allowed))


def finding_of(subject: str, measured: Sequence[ColumnDrift]) -> Finding | None:
    """What people are told of the columns that drifted, None where none did."""
    far = [one for one in measured if one.drifted]
    if not far:
        return None
    told = [f"{one.column} (distance {one.distance:.2f}, allowed {one.allowed:.2f})" for one in far]
    columns = tuple(one.column for one in far)
    if subject == "features":
        what = f"{len(far)} of {len(measured)} columns no longer lie as they did: {named(told)}"
    else:
        what = f"the {subject} no longer lies as it did: {named(told)}"
    return Finding("drift", subject, what, columns=columns, facts={"drifted": [one.to_dict() for one in far]})


def _measured(
    reference: Reference, name: str, shape: Shape, values: pa.Array | Tallied, terms: DriftTerms
) -> ColumnDrift:
    seen = tally(shape, values)
    before, now = np.asarray(shape.counts, np.int64), seen.counts
    missing = np.array([shape.missing, seen.missing])
    old, new = _with_missing(shape, before, missing[0]), _with_missing(shape, now, missing[1])
    test, found = _test(shape, (before, now), missing)
    allowed = max(terms.effect, MARGIN * reference.tolerance(name, seen.rows))
    distance, index = jensen_shannon(old, new), psi(old, new)
    return ColumnDrift(name, seen.rows, distance, allowed, index, test, found.statistic, found.p)


def _test(shape: Shape, counts: tuple[Codes, Codes], missing: Codes) -> tuple[str, Test]:
    before, now = counts
    if isinstance(shape, NumberShape):
        ordered = kolmogorov_smirnov(before, now)
        gone = chi_squared(np.array([before.sum(), missing[0]]), np.array([now.sum(), missing[1]]))
        # Two tests of one column: the surer one, at twice its p (Bonferroni).
        return "kolmogorov_smirnov", Test(ordered.statistic, min(1.0, 2 * min(ordered.p, gone.p)))
    return "chi_squared", chi_squared(np.append(before, missing[0]), np.append(now, missing[1]))


def _with_missing(shape: Shape, counts: Codes, missing: int) -> Codes:
    return np.append(grouped(counts, shape.groups), missing)
