"""Importance: what the answers rest on: how far each column moves them, and what the objective loses without it."""

import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.measure.gains import Gains
from mainspring.measure.metrics import METRICS, interval
from mainspring.model import Explains, Model
from mainspring.steps.learn.evaluation.judged import Floats, Ints, Judged, affordable, answers_of, with_column
from mainspring.steps.learn.learner import Goal

TRIED, FEWEST, ROWS = 10, 50, 1000
"""Rows that show what contributions cost, and those they are measured on."""
MOST = 100
REPEATS = 3
"""How often a column's values are dealt out anew."""
DRAWS = 50
FEW, MOST_ROWS = 200, 5000
SHARE = 0.5
"""Of the time that goes to asking; the rest judges the answers."""

Entry = dict[str, Any]


def contributions(model: Model, judged: Judged, seed: int, seconds: float) -> list[Entry]:
    """Mean absolute contribution a raw column, most important first, with a 95 % bootstrap interval over rows.

    Of as many rows as ``seconds`` allow, at least some, at most ``ROWS``.
    """
    if not isinstance(model, Explains):
        return []
    model.explain(judged.some(1, seed).table)  # the first makes ready what explains
    rows = affordable(model.explain, judged.some(TRIED, seed).table, seconds, least=FEWEST, most=ROWS)
    told = model.explain(judged.some(rows, seed).table)
    entries: list[Entry] = []
    for name in told.column_names:
        weight = np.abs(told.column(name).to_numpy())
        low, high = interval(lambda drawn, w=weight: float(w[drawn].mean()), len(weight), seed=seed, repeats=100)
        entries.append({"column": name, "value": float(weight.mean()), "low": low, "high": high})
    return sorted(entries, key=lambda entry: -entry["value"])[:MOST]


def losses(
    model: Model, judged: Judged, goal: Goal, gains: Gains | None, columns: Sequence[str], seconds: float
) -> list[Entry]:
    """What the goal's metric loses, in its own unit, when a column's values are dealt out anew among the rows (Breiman 2001).

    The mean of some repeats, with the 95 % interval of a bootstrap over rows and repeats; most lost first. Of ``columns``
    (most important first) those that ``seconds`` allow; none where the metric is not defined.
    """
    began = time.monotonic()
    there = frozenset(judged.table.column_names)
    asked = [name for name in columns if name in there]
    # Chance among rows moves the result more than chance in dealing.
    each = SHARE * seconds / max(1, len(asked)) / REPEATS
    rows = affordable(model.predict, judged.some(FEW, 0).table, each, least=FEW, most=MOST_ROWS)
    loss = _Loss.of(model, judged.some(rows, goal.seed), goal, gains)
    entries: list[Entry] = []
    for done, name in enumerate(asked):
        gone = time.monotonic() - began
        if done and gone + gone / done > seconds:
            break
        entry = loss.without(name)
        if np.isfinite(entry["value"]):
            entries.append({"column": name, **entry})
    return sorted(entries, key=lambda entry: -entry["value"])


@dataclass(frozen=True)
class _Loss:
    """How ``drawn`` rows of ``part`` are answered as they are (``whole``), and with a column dealt out anew."""

    model: Model
    part: Judged
    metric: str
    gains: Gains | None
    drawn: list[Ints]
    whole: Floats

    @classmethod
    def of(cls, model: Model, part: Judged, goal: Goal, gains: Gains | None) -> Self:
        size, dice = len(part.table), np.random.default_rng(goal.seed)
        drawn = [np.arange(size), *(dice.integers(0, size, size) for _ in range(DRAWS))]
        measure = part.measure(goal.metric, answers_of(model, part.table), gains)
        return cls(model, part, goal.metric, gains, drawn, np.array([measure(rows) for rows in drawn]))

    def without(self, name: str) -> Entry:
        table, dice = self.part.table, np.random.default_rng(zlib.crc32(name.encode()))
        others = [
            self.part.measure(self.metric, answers_of(self.model, _dealt(table, name, order)), self.gains)
            for order in (dice.permutation(len(table)) for _ in range(REPEATS))
        ]
        sign = METRICS[self.metric].sign
        first = float(np.mean([other(self.drawn[0]) for other in others]))
        rest = [others[i % REPEATS](rows) for i, rows in enumerate(self.drawn[1:])]
        low, high = np.quantile(sign * (self.whole[1:] - np.array(rest)), [0.025, 0.975])
        return {"value": sign * float(self.whole[0] - first), "low": float(low), "high": float(high)}


def _dealt(table: pa.Table, name: str, order: Ints) -> pa.Table:
    return with_column(table, name, table.column(name).take(pa.array(order)))
