"""Spans: how a tagger is planned, and learned among the training rows."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.automation.learn import Learn
from mainspring.backends.opening import Backends
from mainspring.run.flow import Result
from mainspring.run.progress import RunProgress
from mainspring.run.train.alone.given import Given, learn_of
from mainspring.steps.learn.found import Candidate
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.split import hold_out

TAGGER, METRIC = "tagger", "entity_f1"
KEPT_APART = 0.1
"""The share of the training rows by which it is judged when to stop, where no column says which."""


def plan_spans(automation: Automation) -> Result:
    """The clock settles how much is learned."""
    seconds = learn_of(automation).limits.time
    basis = "a tagger learns for as long as the limit of time allows, or until validation gains no more"
    expected = {"seconds": seconds, "memory": 1.5e9, "disk": 150e6}
    return {"expected": expected, "searching": seconds, "candidates": [], "basis": basis}


def learn_spans(
    automation: Automation, backends: Backends, prepared: tuple[Result, Result], folder: Path, progress: RunProgress
) -> Result:
    """Done again after a kill, it goes on from the last whole epoch.

    Raises:
        MissingExtra: what fine-tuning needs is not installed. QualityError: no text has a span. LearnError: there is no such encoder.
    """
    given = Given.of(automation, backends, prepared)
    declared = given.declared
    train, valid = _apart(given)
    tagger = learner_named(TAGGER, settings=_settings(declared), folder=folder / TAGGER, progress=progress.update)
    model = tagger.fit(given.usable(train), valid, given.goal, Budget(given.began + declared.limits.time))
    given.timed(model)
    card, metrics = model.card, dict(model.card.metrics)
    line = Candidate(
        TAGGER, METRIC, metrics, None, metrics.get(METRIC), card.latency_ms, given.spent, 1.0, True, None, 1
    )
    return given.left(model, [line], folder, rows=len(train), judged=len(valid))


def _settings(declared: Learn) -> dict[str, Any]:
    told = {"encoder": declared.encoder or None, "word_features": declared.word_features}
    return {name: value for name, value in told.items() if value is not None}


def _apart(given: Given) -> tuple[pa.Table, pa.Table]:
    """Rows to learn from, and to judge by."""
    told, rows, split = given.called_valid(), given.rows, given.declared.split
    if told is not None:
        return rows.filter(pa.array(~told)), rows.filter(pa.array(told))
    by = split.model_copy(update={"test": KEPT_APART, "by": "random" if split.by == "part" else split.by})
    train, valid = hold_out(rows, given.goal, by, time_column=None, key=given.automation.source.key)
    return rows.take(pa.array(train)), rows.take(pa.array(valid))
