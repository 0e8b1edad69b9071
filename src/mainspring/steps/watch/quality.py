"""Quality: whether rows are whole: missing, unseen, out of range and unreadable values, how many rows, how fresh."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mainspring.measure.samples.distance import chi_squared
from mainspring.measure.samples.multiplicity import benjamini_hochberg
from mainspring.measure.samples.shape import LevelShape, tally
from mainspring.steps.watch.finding import Finding, named
from mainspring.steps.watch.kept.reference import Reference
from mainspring.steps.watch.window import Window

RATE = 0.001
FEWEST_WINDOWS = 5
STRAYED = 6.0
"""Scaled median deviations from the median of earlier windows that a count must lie off, and besides be …"""
TIMES = 2.0
"""… so many times as large or small."""


@dataclass(frozen=True, slots=True)
class ColumnQuality:
    """Shares of the window's rows, and of the reference's where it has any: ``missing``, ``unseen`` (categories), ``beyond`` (the range of
    numbers), ``unreadable`` (values that the column's reading cannot read).
    """

    column: str
    missing: float
    missing_before: float
    unseen: float
    beyond: float
    unreadable: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def qualities(reference: Reference, window: Window) -> list[ColumnQuality]:
    """Each column of the reference; one that the window lacks is missing in all its rows."""
    found: list[ColumnQuality] = []
    for name, shape in reference.columns.items():
        rows = max(window.rows, 1)
        before = shape.missing / max(reference.rows, 1)
        if name not in window.columns:
            found.append(ColumnQuality(name, float(window.rows > 0), before, 0.0, 0.0, 0.0))
            continue
        counted = tally(shape, window.columns[name])
        outside = counted.outside / rows
        levels = isinstance(shape, LevelShape)
        unread = window.problems.get(name, 0)
        found.append(
            ColumnQuality(
                name, (counted.missing - unread) / rows, before, outside * levels, outside * (not levels), unread / rows
            )
        )
    return found


def findings_of(reference: Reference, window: Window, seen: Sequence[ColumnQuality], rise: float) -> list[Finding]:
    """A finding a kind of fault. A share counts where it is more than ``rise`` above the reference's, and surely so."""
    missing = {q.column: (q.missing, q.missing_before) for q in seen}
    others = {
        "unseen": ("categories that were never seen", {q.column: (q.unseen, 0.0) for q in seen}),
        "beyond": ("numbers beyond all that were seen", {q.column: (q.beyond, 0.0) for q in seen}),
        "unreadable": ("values that cannot be read", {q.column: (q.unreadable, 0.0) for q in seen}),
    }
    told = {"missing": ("missing values", missing), **others}
    found = (_finding(kind, *what, (reference.rows, window.rows), rise) for kind, what in told.items())
    return [finding for finding in found if finding is not None]


def volume(count: int, earlier: Sequence[int]) -> Finding | None:
    """Whether a window of ``count`` rows has far fewer or more than the ``earlier`` ones; None where those are too few to tell."""
    if len(earlier) < FEWEST_WINDOWS:
        return None
    usual = float(np.median(earlier))
    # Counts vary at least as a Poisson's do.
    spread = max(1.4826 * float(np.median(np.abs(np.asarray(earlier) - usual))), np.sqrt(max(usual, 1.0)))
    far = abs(count - usual) > STRAYED * spread
    if not far or usual / TIMES < count < usual * TIMES:
        return None
    which = "fewer" if count < usual else "more"
    what = f"{count:,} decisions in the window, far {which} than the usual {usual:,.0f}"
    return Finding("quality", "volume", what, facts={"rows": count, "usual": usual, "windows": len(earlier)})


def freshness(age: float | None, declared: float | None) -> Finding | None:
    """Whether the newest row is older than ``declared`` seconds; ``age`` is None where there is none at all."""
    if declared is None or (age is not None and age <= declared):
        return None
    told = "there is no decision yet" if age is None else f"the newest decision is {age:,.0f} s old"
    return Finding(
        "quality", "freshness", f"{told}, and {declared:,.0f} s are declared", facts={"age": age, "declared": declared}
    )


def _finding(
    kind: str, title: str, shares: Mapping[str, tuple[float, float]], rows: tuple[int, int], rise: float
) -> Finding | None:
    names = [name for name, (now, before) in shares.items() if now - before > rise]
    if not names:
        return None
    p = benjamini_hochberg([_p(*shares[name], *rows) if name in names else 1.0 for name in shares])
    sure = {name for name, value in zip(shares, p, strict=True) if value <= RATE}
    worst = sorted((n for n in names if n in sure), key=lambda n: shares[n][1] - shares[n][0])
    if not worst:
        return None
    told = [
        f"{name} {shares[name][0]:.1%}" + (f" (was {shares[name][1]:.1%})" if shares[name][1] else "") for name in worst
    ]
    facts = {"shares": {name: {"now": shares[name][0], "before": shares[name][1]} for name in worst}, "rows": rows[1]}
    return Finding("quality", kind, f"{title}: {named(told)}", columns=tuple(worst), facts=facts)


def _p(now: float, before: float, old: int, new: int) -> float:
    counts = [np.array([round(share * n), n - round(share * n)], np.int64) for share, n in ((before, old), (now, new))]
    return chi_squared(counts[0], counts[1]).p
