"""Labels: how lines of labels are planned, and learned among the training rows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from mainspring.automation import Automation
from mainspring.automation.learn import Learn
from mainspring.backends.opening import Backends
from mainspring.errors import SpecError
from mainspring.run.flow import Result
from mainspring.run.progress import RunProgress
from mainspring.run.train.alone.given import Given, learn_of
from mainspring.run.train.learn import preparer_of
from mainspring.steps.learn.found import Candidate
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Folds
from mainspring.steps.learn.split import folds
from mainspring.steps.learn.text.multilabel.fit import Tried
from mainspring.steps.learn.text.multilabel.learner import CANDIDATES
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.prepare.preparer import TablePreparer

LEARNER = "one_vs_rest"
FINISHING = 0.85
"""Of the time, for learning; saving and measuring take the rest."""


def plan_labels(automation: Automation) -> Result:
    """The clock settles on how many folds what is tried is judged.

    Raises:
        SpecError: a candidate that is named does not answer lists of labels.
    """
    learn = learn_of(automation)
    _refuse_others(learn)
    basis = "lines over words, and over vectors of an encoder where one is installed, are judged on as many folds as the time allows"
    expected = {"seconds": learn.limits.time, "memory": 1e9, "disk": 50e6}
    return {"expected": expected, "searching": learn.limits.time, "candidates": [], "basis": basis}


def learn_labels(
    automation: Automation, backends: Backends, prepared: tuple[Result, Result], folder: Path, progress: RunProgress
) -> Result:
    """Raises QualityError: there is nothing to learn from. LearnError: no candidate can take part, or there is no such encoder."""
    _refuse_others(learn_of(automation))
    given = Given.of(automation, backends, prepared)
    reading = CleaningPlan.from_json(prepared[0]["plan"])
    texts = _texts(given, reading)
    learner: Any = learner_named(
        LEARNER, settings=_settings(given, texts), folds=_folds(given), progress=progress.update,
        preparer=_preparer(given, reading, texts),
    )  # fmt: skip
    budget = Budget(given.began + FINISHING * given.declared.limits.time, backends.workers)
    learned = learner.learn(given.rows, given.goal, budget)
    given.timed(learned.model)
    lines = [_candidate(line, given.goal.metric) for line in learned.tried]
    return given.left(learned.model, lines, folder, rows=len(given.rows), judged=learned.judged)


def _candidate(line: Tried, metric: str) -> Candidate:
    return Candidate(
        line.name, metric, line.metrics, None, line.metrics.get(metric), seconds=line.seconds, weight=line.share,
        kept=line.share > 0.0, why_not=line.why_not, folds=line.folds,
        settings={} if line.penalty is None else {"penalty": line.penalty},
    )  # fmt: skip


def _refuse_others(declared: Learn) -> None:
    for name in declared.candidates:
        if name not in CANDIDATES:
            raise SpecError(f"{name!r} does not answer several labels at once", where="learn.candidates",
                            remedy=f"name {' or '.join(CANDIDATES)}, or leave it out")  # fmt: skip


def _settings(given: Given, texts: tuple[str, ...]) -> dict[str, Any]:
    declared = given.declared
    told: dict[str, Any] = {
        "candidates": tuple(declared.candidates), "encoder": declared.encoder, "latency": declared.limits.latency,
    }  # fmt: skip
    return {"columns": texts, **{name: value for name, value in told.items() if value}}


def _texts(given: Given, reading: CleaningPlan) -> tuple[str, ...]:
    """The columns of texts that are read."""
    declared = given.automation.prepare.types
    there = given.usable(given.rows).column_names
    read = {c.name for c in reading.columns if c.reading.kind == "verbatim" or declared.get(c.name) == "text"}
    return tuple(name for name in there if name in read)


def _preparer(given: Given, reading: CleaningPlan, texts: tuple[str, ...]) -> TablePreparer:
    """Makes columns beside the texts of what can be used and is no text."""
    usable = set(given.usable(given.rows).column_names)
    out = {c.name for c in reading.columns if c.reading.kind == "text" or c.name not in usable}
    preparer = preparer_of(given.automation, given.goal, reading, given.rows.column_names)
    return replace(preparer, exclude=(*preparer.exclude, *texts, *sorted(out)))


def _folds(given: Given) -> Folds:
    """One, as the rows called ``valid`` say, where there are such; else as they are declared."""
    told, by, source = given.called_valid(), given.declared.split, given.automation.source
    if told is not None:
        return [((~told).nonzero()[0], told.nonzero()[0])]
    if by.by == "part":
        by = by.model_copy(update={"by": "random"})
    return folds(given.rows, given.goal, by, time_column=source.time, key=source.key)
