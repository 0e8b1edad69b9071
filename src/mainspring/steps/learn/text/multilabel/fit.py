"""Fit: lines over words and lines over vectors, each judged on rows it had not learned from, and the mixture of them that does best."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.errors import LearnError, QualityError, nearest
from mainspring.measure.multilabel.agreement import Bools, all_rates, matrix_of
from mainspring.measure.multilabel.thresholds import ENOUGH, best_thresholds
from mainspring.model import ModelCard, Question, labels_answer
from mainspring.steps.learn.learner import Budget, Folds, Goal
from mainspring.steps.learn.text.mistyped import told_mistyped
from mainspring.steps.learn.text.multilabel.beside import Beside
from mainspring.steps.learn.text.multilabel.columns import labels_of, text_columns, texts_of
from mainspring.steps.learn.text.multilabel.examples import Examples
from mainspring.steps.learn.text.multilabel.learner import OneVsRest
from mainspring.steps.learn.text.multilabel.mixing import mixed
from mainspring.steps.learn.text.multilabel.model import Member, OneVsRestModel
from mainspring.steps.learn.text.multilabel.trial import Trial, tried
from mainspring.steps.learn.text.multilabel.ways import ways_to_see

KEPT_BACK = 0.4
"""Of the time after reading, for the lines over all rows in the end."""
KNOWN = ("encoder", "columns", "candidates", "latency")


@dataclass(frozen=True)
class Tried:
    """A candidate: what it reached out of fold, alone, and its ``share`` in the model; or ``why_not`` it took no part."""

    name: str
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    seconds: float = 0.0
    share: float = 0.0
    folds: int = 0
    penalty: float | None = None
    why_not: str | None = None


@dataclass(frozen=True)
class Learned:
    """The model, what was tried for it, and what the model reached out of fold on so many ``judged`` rows."""

    model: OneVsRestModel
    tried: tuple[Tried, ...]
    metrics: Mapping[str, float]
    judged: int


def learn(learner: OneVsRest, train: pa.Table, goal: Goal, budget: Budget, folds: Folds) -> Learned:
    settings, began = _known(learner.settings), time.monotonic()
    columns = tuple(settings["columns"]) if "columns" in settings else text_columns(train, goal.target, ())
    told = labels_of(train, goal.target)
    rows = [place for place, labels in enumerate(told) if labels is not None]
    if len(rows) < len(told):
        raise QualityError("rows without labels cannot be learned from", where=goal.target, remedy="leave them out")
    labels = [one or [] for one in told]
    truth = matrix_of(labels, goal.classes)
    beside, designed = Beside.of(train, learner.preparer)
    examples = Examples(texts_of(train, columns), truth, designed)
    if not truth.any():
        raise QualityError("no row to learn from has a label", where=goal.target,
                           remedy="look at the target: it is to hold the labels of each text")  # fmt: skip
    with threadpool_limits(1):  # threads are for labels
        ways, lacking = ways_to_see(settings, examples, folds, goal.seed, budget)
        trials: list[Trial] = []
        trying = Budget(time.monotonic() + (1.0 - KEPT_BACK) * budget.seconds, budget.threads)
        for number, way in enumerate(ways):
            share = Budget(time.monotonic() + trying.seconds / (len(ways) - number), budget.threads)
            if learner.progress is not None:
                learner.progress(way.name, number / len(ways))
            trials.append(tried(way, examples, folds, share))
        shares, thresholds, reached, judged = mixed(trials, truth)
        members: list[Member] = []
        kept = [(trial, share) for trial, share in zip(trials, shares, strict=True) if share > 0.0]
        for number, (trial, share) in enumerate(kept):
            part = Budget(time.monotonic() + budget.seconds / (len(kept) - number), budget.threads)
            sight, lines = trial.member(examples, part)
            members.append(Member(sight, lines.weights, lines.intercept, share))
    notes = (*_notes(labels, truth), *told_mistyped(Counter(label for row in labels for label in row), "rows"))
    read = [(name, pa.string()) for name in columns]
    card = ModelCard(
        "one_vs_rest", Question.LABELS, goal.target, pa.schema([*read, *([] if beside is None else beside.transform.input)]),
        labels_answer(goal.classes), goal.classes, rows=len(train), metrics=reached, training_seconds=time.monotonic() - began, notes=notes,
    )  # fmt: skip
    lines = tuple(_line(trial, truth, share) for trial, share in zip(trials, shares, strict=True))
    out = tuple(Tried(name, why_not=why) for name, why in lacking.items())
    return Learned(OneVsRestModel(card, columns, members, thresholds, beside), (*lines, *out), reached, judged)


def _known(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in settings:
        if name not in KNOWN:
            guess = nearest(name, KNOWN)
            raise LearnError(f"one_vs_rest has no setting {name!r}", where="learn",
                             remedy=f"did you mean {guess!r}?" if guess else f"known: {', '.join(KNOWN)}")  # fmt: skip
    return settings


def _line(trial: Trial, truth: Bools, share: float) -> Tried:
    metrics: dict[str, float] = {}
    if trial.judged.any():
        chances, seen = trial.chances[trial.judged], truth[trial.judged]
        metrics = all_rates(seen, chances >= best_thresholds(chances, seen))
    return Tried(trial.way.name, metrics, trial.seconds, share, trial.folds, trial.penalty)


def _notes(labels: Sequence[Sequence[str]], truth: Bools) -> list[str]:
    counts, told = truth.sum(axis=0), list[str]()
    several, none = sum(len(row) > 1 for row in labels), sum(not row for row in labels)
    if not several:
        told.append(
            "no row has several labels: is there a separator between them (learn.separator), or is a class meant?"
        )
    if none:
        told.append(f"{none:,} of {len(labels):,} rows to learn from have no label: none of them is said of such texts")
    if rare := int((counts < ENOUGH).sum()):
        told.append(f"{rare:,} of {len(counts):,} labels have fewer than {ENOUGH} rows: they share one threshold")
    if everywhere := int((counts == len(truth)).sum()):
        told.append(f"{everywhere:,} of {len(counts):,} labels stand on every row: they are always said")
    return told
