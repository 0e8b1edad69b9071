"""Summary: who is better, how surely, and at what cost. Arithmetic on finished cells; nothing is run here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from scipy.stats import rankdata

from selection.results import Cell

TIE = 1e-4
"""Scores closer than this share of the greater one are the same."""
KEPT = 1.05
"""A budget overrun by more than 5 % is not kept."""
DRAWS = 10_000
GREATER = {"roc_auc"}

Values = Mapping[str, Mapping[str, float]]
"""Table -> tool -> mean score over the seeds, turned so that greater is better; minus infinity where it failed."""


@dataclass(frozen=True)
class Duel:
    """One tool against another over tables. ``share`` of tables won, ties half, and its 95 % bootstrap interval over tables."""

    wins: int
    ties: int
    losses: int
    share: float
    low: float
    high: float


def values(cells: Sequence[Cell], tools: Sequence[str]) -> Values:
    """Of the tables and seeds that every one of ``tools`` has finished, failed cells included."""
    by_place: dict[tuple[str, int], dict[str, float]] = {}
    for cell in cells:
        if cell.tool in tools:
            by_place.setdefault((cell.table, cell.seed), {})[cell.tool] = _value(cell)
    complete = {place: scored for place, scored in by_place.items() if len(scored) == len(tools)}
    tables = {table: [scored for (at, _), scored in complete.items() if at == table] for table, _ in complete}
    return {table: {tool: fmean(each[tool] for each in seeds) for tool in tools} for table, seeds in tables.items()}


def normalised(scored: Mapping[str, float]) -> dict[str, float]:
    """(score - worst) / (best - worst) of one table: 1 for the best tool, 0 for the worst and for those that failed.

    Where all are the same, each has 1.
    """
    finite = [value for value in scored.values() if np.isfinite(value)]
    best, worst = (max(finite), min(finite)) if finite else (0.0, 0.0)
    if not finite or compare(best, worst) == 0:
        return {tool: float(np.isfinite(value)) for tool, value in scored.items()}
    return {tool: float(np.clip((value - worst) / (best - worst), 0, 1)) for tool, value in scored.items()}


def ranks(scored: Mapping[str, float]) -> dict[str, float]:
    """1 is best; equal scores share the mean of their places."""
    return dict(zip(scored, rankdata([-value for value in scored.values()]).tolist(), strict=True))


def compare(one: float, other: float) -> int:
    """1, 0 or -1, as ``one`` is better, the same or worse."""
    if one == other or abs(one - other) <= TIE * max(abs(one), abs(other)) < np.inf:
        return 0
    return 1 if one > other else -1


def duel(scored: Values, one: str, other: str) -> Duel:
    results = np.array([compare(each[one], each[other]) for each in scored.values()])
    points = (results + 1) / 2
    low, high = interval(points)
    wins, losses = int((results > 0).sum()), int((results < 0).sum())
    return Duel(wins, len(results) - wins - losses, losses, float(points.mean()) if len(points) else np.nan, low, high)


def interval(points: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Of the mean, 95 %, by resampling; the same points always give the same interval."""
    if not len(points):
        return np.nan, np.nan
    drawn = np.random.default_rng(seed).integers(len(points), size=(DRAWS, len(points)))
    low, high = np.percentile(points[drawn].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def kept(cells: Sequence[Cell]) -> float:
    """Share of the cells that ended within their seconds, 5 % allowed; a failed one did not."""
    return fmean(_in_time(cell) for cell in cells) if cells else np.nan


def overrun(cells: Sequence[Cell]) -> float:
    """The worst share by which the seconds were overrun; negative where all ended before."""
    return max((c.train_seconds / c.seconds - 1 for c in cells if c.train_seconds is not None), default=np.nan)


def middle(cells: Sequence[Cell], field: str) -> float:
    """Median of a figure over the cells that have it."""
    found = [value for cell in cells if (value := getattr(cell, field)) is not None]
    return float(np.median(found)) if found else np.nan


def ratio(cells: Sequence[Cell], field: str, one: str, other: str) -> float:
    """Median over tables and seeds of ``other``'s figure over that of ``one``."""
    found = {(c.tool, c.table, c.seed): getattr(c, field) for c in cells if getattr(c, field)}
    ratios = [
        found[other, *at] / value for (tool, *at), value in found.items() if tool == one and (other, *at) in found
    ]
    return float(np.median(ratios)) if ratios else np.nan


def _value(cell: Cell) -> float:
    if cell.score is None:
        return -np.inf
    return cell.score if cell.metric in GREATER else -cell.score


def _in_time(cell: Cell) -> bool:
    return cell.train_seconds is not None and cell.train_seconds <= KEPT * cell.seconds
