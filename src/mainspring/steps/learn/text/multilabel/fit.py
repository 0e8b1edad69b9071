"""Fit: lines over words and lines over vectors, each judged on rows it had not learned from, and the mixture of them that does best."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from mainspring.errors import LearnError, QualityError, nearest
from mainspring.measure.multilabel.agreement import Bools, all_rates, matrix_of, micro_f1
from mainspring.measure.multilabel.thresholds import ENOUGH, USUAL, best_thresholds
from mainspring.model import ModelCard, Question, labels_answer
from mainspring.steps.learn.learner import Budget, Folds, Goal
from mainspring.steps.learn.text.encoded.vectors import default_for, vectors
from mainspring.steps.learn.text.kinds import lacks_encoders
from mainspring.steps.learn.text.mistyped import told_mistyped
from mainspring.steps.learn.text.multilabel.columns import labels_of, text_columns, texts_of
from mainspring.steps.learn.text.multilabel.learner import OneVsRest
from mainspring.steps.learn.text.multilabel.model import Member, OneVsRestModel
from mainspring.steps.learn.text.multilabel.sight import Encoded
from mainspring.steps.learn.text.multilabel.trial import ByVectors, ByWords, Texts, Trial, Way, tried
from mainspring.steps.learn.text.rows import Floats
from mainspring.steps.learn.timing import latency

KNOWN = ("encoder", "columns", "candidates", "latency")
CANDIDATES = ("tfidf_linear", "encoder_linear")
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the second of two members in the model's answer."""
TRIED = 24
"""Texts that tell how long the encoder takes for one."""
READING = 0.5
"""Of the time, for the encoder to read texts."""
FEWEST, AT_ONCE, STRIDE = 100, 200, 97
"""Rows that are read whatever the clock says, and so many between two looks at it; in strides of so many rows."""


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
    columns = tuple(settings.get("columns") or ()) or text_columns(train, goal.target, ())
    told = labels_of(train, goal.target)
    rows = [place for place, labels in enumerate(told) if labels is not None]
    if len(rows) < len(told):
        raise QualityError("rows without labels cannot be learned from", where=goal.target, remedy="leave them out")
    labels = [one or [] for one in told]
    texts, truth = texts_of(train, columns), matrix_of(labels, goal.classes)
    if not truth.any():
        raise QualityError("no row to learn from has a label", where=goal.target,
                           remedy="look at the target: it is to hold the labels of each text")  # fmt: skip
    with threadpool_limits(budget.threads):
        ways, lacking = _ways(settings, texts, budget)
        trials: list[Trial] = []
        for number, way in enumerate(ways):
            share = Budget(time.monotonic() + budget.seconds / (len(ways) - number), budget.threads)
            if learner.progress is not None:
                learner.progress(way.name, number / len(ways))
            trials.append(tried(way, texts, truth, folds, share))
        shares, thresholds, reached, judged = _mixed(trials, truth)
        members: list[Member] = []
        kept = [(trial, share) for trial, share in zip(trials, shares, strict=True) if share > 0.0]
        for number, (trial, share) in enumerate(kept):
            part = Budget(time.monotonic() + budget.seconds / (len(kept) - number), budget.threads)
            sight, lines = trial.member(texts, truth, part)
            members.append(Member(sight, lines.weights, lines.intercept, share))
    notes = (*_notes(labels, truth), *told_mistyped(Counter(label for row in labels for label in row), "rows"))
    card = ModelCard(
        "one_vs_rest", Question.LABELS, goal.target, pa.schema([(name, pa.string()) for name in columns]), labels_answer(goal.classes),
        goal.classes, rows=len(train), metrics=reached, training_seconds=time.monotonic() - began, notes=notes,
    )  # fmt: skip
    lines = tuple(_line(trial, truth, share) for trial, share in zip(trials, shares, strict=True))
    out = tuple(Tried(name, why_not=why) for name, why in lacking.items())
    return Learned(OneVsRestModel(card, columns, members, thresholds), (*lines, *out), reached, judged)


def _known(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in settings:
        if name not in KNOWN:
            guess = nearest(name, KNOWN)
            raise LearnError(f"one_vs_rest has no setting {name!r}", where="learn",
                             remedy=f"did you mean {guess!r}?" if guess else f"known: {', '.join(KNOWN)}")  # fmt: skip
    return settings


def _ways(settings: Mapping[str, Any], texts: Texts, budget: Budget) -> tuple[list[Way], dict[str, str]]:
    """Ways to see texts, and name → why not of the others.

    Raises:
        LearnError: none of the candidates can take part.
    """
    wanted = tuple(settings.get("candidates") or CANDIDATES)
    ways: list[Way] = [*([ByWords()] if "tfidf_linear" in wanted else [])]
    lacking: dict[str, str] = {}
    if "encoder_linear" in wanted:
        found = _by_vectors(settings, texts, Budget(time.monotonic() + READING * budget.seconds, budget.threads))
        if isinstance(found, str):
            lacking["encoder_linear"] = found
        else:
            ways.append(found)
    if not ways:
        why = "; ".join(f"{name}: {why}" for name, why in lacking.items())
        raise LearnError(f"no candidate can take part: {why or ', '.join(wanted)}", where="learn.candidates",
                         remedy=f"name one of {', '.join(CANDIDATES)}, or allow more time")  # fmt: skip
    return ways, lacking


def _by_vectors(settings: Mapping[str, Any], texts: Texts, budget: Budget) -> ByVectors | str:
    """Or why not. Texts are read here, once, as many as the time allows, evenly spread: their vectors are remembered."""
    if (lack := lacks_encoders()) is not None:
        return lack
    everything = [text for column in texts for text in column]
    told = vectors(str(settings.get("encoder") or default_for(everything)))
    limit = settings.get("latency")
    if limit is not None:
        some = np.linspace(0, len(everything) - 1, min(TRIED, len(everything))).astype(np.int64).tolist()
        asked = [{"text": everything[place]} for place in some]
        if latency(lambda record: told.of([record["text"]]), asked)["p95"] > 1000.0 * float(limit):
            return "alone it is slower than the latency limit"
    rows = len(texts[0])
    # Each stride through the rows is spread as evenly as all of them are.
    order = np.concatenate([np.arange(first, rows, STRIDE) for first in range(STRIDE)])
    read = 0
    while read < rows and (read < FEWEST or not budget.is_over()):
        part = order[read : read + AT_ONCE].tolist()
        for column in texts:
            told.of([column[row] for row in part])
        read += len(part)
    return ByVectors(Encoded(told, len(texts)), None if read == rows else np.sort(order[:read]))


def _mixed(trials: Sequence[Trial], truth: Bools) -> tuple[list[float], Floats, dict[str, float], int]:
    """The share of each trial, the thresholds, what that reaches on rows that all have judged, and how many these are."""
    judged = np.logical_and.reduce([trial.judged for trial in trials])
    if not judged.any():
        # No row is judged by all: one alone, of those that are judged at all where there is one.
        chosen = next((n for n, trial in enumerate(trials) if trial.judged.any()), 0)
        alone = [float(n == chosen) for n in range(len(trials))]
        if not trials[chosen].judged.any():
            return alone, np.full(truth.shape[1], USUAL), {}, 0
        _, thresholds, reached, count = _mixed([trials[chosen]], truth)
        return alone, thresholds, reached, count
    seen = truth[judged]
    tries: list[tuple[float, list[float], Floats, Floats]] = []
    for share in SHARES if len(trials) == 2 else (0.0,):
        shares = [1.0 - share, share][: len(trials)]
        chances = np.sum([part * trial.chances[judged] for part, trial in zip(shares, trials, strict=True)], axis=0)
        thresholds = best_thresholds(chances, seen)
        tries.append((micro_f1(seen, chances >= thresholds), shares, thresholds, chances))
    # Of mixtures that are as good the first that is one member alone.
    _, shares, thresholds, chances = max(tries, key=lambda one: (round(one[0], 4), max(one[1])))
    return shares, thresholds, all_rates(seen, chances >= thresholds), int(judged.sum())


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
