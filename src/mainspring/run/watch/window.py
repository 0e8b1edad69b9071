"""Window: the rows of a look: of the journal, as they were decided, or of a table that someone wants looked at."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.backends.opening import Backends
from mainspring.backends.store.watching.journal import Wanted
from mainspring.decision import Decision
from mainspring.model import Label
from mainspring.run.desk import Desk
from mainspring.run.watch.columns import answers_of, policy_actions, taken_actions, told_answers, truths, watched
from mainspring.run.watch.serving.summed import Summed, summed_up
from mainspring.steps.watch.kept.reference import Asked, Reference
from mainspring.steps.watch.window import Outcomes, Window

MOST, MOST_KNOWN = 50_000, 20_000
"""Of more decisions, and of more known outcomes, the newest so many are looked at."""
EARLIER = 14
"""So many windows before this one say how many decisions are usual."""
FURTHER = 30
"""Where too few outcomes are known in a window, it goes back up to so many windows for them."""
RIPE = 0.95
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a look looks, and how many rows it needs. ``waits`` is how many seconds outcomes are waited for, None where that
    is not declared; ``otherwise`` is the outcome of decisions of which nothing was heard until then.
    """

    at: datetime
    length: timedelta
    least: int
    waits: float | None
    otherwise: Label | None = None

    @property
    def start(self) -> datetime:
        return self.at - self.length


def journaled(
    desk: Desk, backends: Backends, reference: Reference, version: int, span: Span
) -> tuple[Window, list[Decision]]:
    """The decisions of the span, those the version took and what came of them; and the decisions themselves, oldest first."""
    name, asked = desk.automation.name, reference.asked
    decisions = backends.decisions.recent(name, MOST, since=span.start)[::-1]
    records = [decision.record for decision in decisions]
    cleaned = desk.plan.apply(desk.table(records))
    own = [d for d in decisions if d.model_version == version and d.prediction is not None]
    answers = told_answers(asked, [(d.prediction, d.probabilities) for d in own])
    window = Window(
        len(decisions), watched(desk.plan, reference.columns, cleaned), answers, policy_actions(asked, answers),
        _outcomes(backends, asked, name, version, span), _per_day(backends, name, span), _times([d.at for d in own]),
        _unreadable(desk, decisions),
    )  # fmt: skip
    return window, decisions


def sketched(
    desk: Desk, backends: Backends, reference: Reference, version: int, span: Span
) -> tuple[Window | None, Summed]:
    """The same without going through what was decided on: by the sketches made meanwhile, None where they lack rows or columns."""
    name, asked = desk.automation.name, reference.asked
    summed = summed_up(backends, name, span.start, span.at)
    wanted = [n for n in reference.columns if n in summed.columns]
    if not summed.enough or len(wanted) < len(reference.columns) or desk.decider.policy.forgives:
        return None, summed
    own = backends.journal.answers(name, version, span.start, MOST)
    answers = told_answers(asked, [(one.prediction, one.probabilities) for one in own])
    window = Window(
        summed.rows, {n: summed.columns[n] for n in wanted}, answers, policy_actions(asked, answers),
        _outcomes(backends, asked, name, version, span), _per_day(backends, name, span), _times([one.at for one in own]),
    )  # fmt: skip
    return window, summed


def tabled(desk: Desk, reference: Reference, rows: pa.Table, per_day: float | None) -> Window:
    """Raw rows as a window: answered by the model; their outcomes known where they bring the target."""
    asked, model = reference.asked, desk.model
    assert model is not None  # a reference is of a model
    protected = desk.protector.apply(rows)
    cleaned = desk.plan.apply(protected)
    answers = answers_of(asked, model.predict(protected))
    acted = policy_actions(asked, answers)
    outcomes = None
    if asked.target in rows.column_names:
        truth, known = truths(asked, cleaned.column(asked.target).to_pylist())
        outcomes = Outcomes(answers[known], truth[known], None if acted is None else acted[known])
    there = frozenset(protected.column_names)
    columns = watched(desk.plan, [name for name in reference.columns if name in there], cleaned)
    return Window(len(rows), columns, answers, acted, outcomes, per_day)


def earlier_counts(backends: Backends, name: str, span: Span) -> list[int]:
    """How many decisions each whole window before this one had, since the first decision; oldest first."""
    first = backends.journal.first(name)
    if first is None:
        return []
    whole = min(EARLIER, int((span.start - first) / span.length))
    return backends.journal.counts(name, [span.at - span.length * back for back in range(whole + 1, 0, -1)])


def ripening(backends: Backends, name: str, span: Span) -> float:
    """How long after a decision its outcome is final: as declared, else as long as 95 of 100 took that were heard so far."""
    if span.waits is not None:
        return span.waits
    delays = backends.journal.delays(name, span.at - span.length * FURTHER)
    return float(np.quantile(delays, RIPE)) if delays else 0.0


def _outcomes(backends: Backends, asked: Asked, name: str, version: int, span: Span) -> Outcomes | None:
    """Outcomes of decisions old enough for theirs to be final. The early ones alone are not a fair sample: bad news comes late."""
    until = span.at - timedelta(seconds=ripening(backends, name, span))
    wanted = Wanted(version, until - span.length, until, MOST_KNOWN, span.waits is not None, span.otherwise is not None)
    known = backends.journal.known(name, wanted)
    if len(known) < span.least:
        known = backends.journal.known(name, replace(wanted, start=until - span.length * FURTHER, limit=span.least))
    known = [one for one in known if one.prediction is not None]
    truth, readable = truths(asked, [one.outcome if one.heard else span.otherwise for one in known])
    told = [one for one, good in zip(known, readable, strict=True) if good]
    if not told:
        return None
    earned = np.array([np.nan if one.earned is None else one.earned for one in told], np.float64)
    return Outcomes(
        told_answers(asked, [(one.prediction, one.probabilities) for one in told]), truth[readable],
        taken_actions(asked, [one.action for one in told]), _times([one.at for one in told]), earned,
    )  # fmt: skip


def _per_day(backends: Backends, name: str, span: Span) -> float:
    length = max(span.length, DAY)
    (count,) = backends.journal.counts(name, [span.at - length, span.at + timedelta(seconds=1)])
    return count / (length / DAY)


def _unreadable(desk: Desk, decisions: Sequence[Decision]) -> dict[str, int]:
    """Column → values that could not be read, of records that were decided all the same."""
    forgiven = (d.record for d in decisions if any(reason.kind == "error" for reason in d.reasons))
    return dict(Counter(name for record in forgiven for name in desk.plan.problems(record)))


def _times(moments: Sequence[datetime]) -> Any:
    return np.array([moment.replace(tzinfo=None) for moment in moments], "datetime64[us]")
