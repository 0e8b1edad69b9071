"""Labels: how lines of labels are planned, and learned among the training rows."""

from pathlib import Path
from typing import Any

from mainspring.automation import Automation
from mainspring.automation.learn import Learn
from mainspring.backends.opening import Backends
from mainspring.errors import SpecError
from mainspring.run.flow import Result
from mainspring.run.progress import RunProgress
from mainspring.run.train.alone.given import Given, learn_of
from mainspring.steps.learn.found import Candidate
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Folds
from mainspring.steps.learn.split import folds
from mainspring.steps.learn.text.multilabel.columns import text_columns
from mainspring.steps.learn.text.multilabel.fit import Tried
from mainspring.steps.learn.text.multilabel.learner import CANDIDATES

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
    learner: Any = learner_named(LEARNER, settings=_settings(given), folds=_folds(given), progress=progress.update)
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


def _settings(given: Given) -> dict[str, Any]:
    declared, rows = given.declared, given.usable(given.rows)
    texts = {name for name, kind in given.automation.prepare.types.items() if kind == "text"}
    told: dict[str, Any] = {
        "columns": text_columns(rows, declared.target, texts), "candidates": tuple(declared.candidates), "encoder": declared.encoder,
        "latency": declared.limits.latency,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value}


def _folds(given: Given) -> Folds:
    """One, as the rows called ``valid`` say, where there are such; else as they are declared."""
    told, by, source = given.called_valid(), given.declared.split, given.automation.source
    if told is not None:
        return [((~told).nonzero()[0], told.nonzero()[0])]
    if by.by == "part":
        by = by.model_copy(update={"by": "random"})
    return folds(given.rows, given.goal, by, time_column=source.time, key=source.key)
