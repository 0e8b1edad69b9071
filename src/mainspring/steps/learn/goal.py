"""Goal: what a declaration asks of a target column, made definite by looking at the column."""

from collections import Counter

import numpy as np
import pyarrow as pa

from mainspring.automation.learn import Learn
from mainspring.errors import QualityError, SpecError, nearest
from mainspring.measure.metrics import METRICS
from mainspring.measure.multilabel.labels import FORMS, read_labels
from mainspring.model import Label, Question
from mainspring.steps.learn.learner import Goal

POSITIVE = (
    "yes", "true", "1", "1.0", "y", "t", "positive", "bad", "churn", "churned", "fraud", "default", "是", "有", "真",
)  # fmt: skip
"""Words for the class that is usually asked for, most usual first."""
MOST_LABELS = 1000
MOST_ALONE = 20
"""So many classes may be in so few rows that most have one of their own."""


def goal_of(learn: Learn, target: pa.ChunkedArray, *, has_gains: bool) -> Goal:
    """The goal of ``learn`` for the cleaned ``target`` (no nulls).

    Raises:
        QualityError: there are no labelled rows, only one class, no label or too many, or numbers that are not finite.
        SpecError: the positive class is not among the classes, the metric is not one of the question, profit without gains.
    """
    if not len(target):
        several = learn.question == Question.LABELS
        remedy = f"it is to hold {FORMS}" if several else "look at the column: is it empty?"
        if learn.labels is not None:
            remedy = "each column of learn.labels is to say 1 or 0 of a row that is learned from"
        raise QualityError(f"no row has a {learn.target!r}", where=learn.target, remedy=remedy)
    question = learn.question or _question(target.type)
    if question == Question.SPANS:
        return Goal(question, learn.target, "entity_f1", seed=learn.seed)
    if question == Question.LABELS:
        return Goal(question, learn.target, "micro_f1", labels_in(target, learn.target), seed=learn.seed)
    pair = None if learn.pair is None else (learn.pair[0], learn.pair[1])
    metric = learn.optimise or _usual_metric(question, has_gains=has_gains)
    if metric == "profit" and not has_gains:
        raise SpecError(
            "'profit' needs gains", where="learn.optimise", remedy="declare decide.gains, or optimise roc_auc"
        )
    fitting = METRICS[metric].question
    if fitting is not None and fitting != question:
        raise SpecError(
            f"{metric!r} does not judge a {question}", where="learn.optimise",
            remedy="optimise rmse, mae or r2" if question == Question.NUMBER else "optimise log_loss, roc_auc or accuracy",
        )  # fmt: skip
    if question == Question.NUMBER:
        _refuse_other_than_numbers(target, learn.target)
        return Goal(
            question, learn.target, metric, weight=learn.weight, seed=learn.seed, framework=learn.framework, pair=pair
        )
    _refuse_moments(target, learn.target)
    counts = Counter(target.to_pylist())
    if len(counts) > max(MOST_ALONE, len(target) / 2):
        raise QualityError(
            f"{learn.target!r} has {len(counts):,} classes in {len(target):,} rows: most rows have one of their own", where=learn.target,
            remedy="name another target (is this one an id?), ask for a number (learn.question: number), or leave out the rarest",
        )  # fmt: skip
    if len(counts) < 2:
        raise QualityError(
            f"{learn.target!r} has one class only: {next(iter(counts))!r}", where=learn.target,
            remedy="collect rows of at least two classes",
        )  # fmt: skip
    classes = tuple(sorted(counts, key=lambda label: (str(type(label)), label)))
    positive = _positive(learn.positive, counts) if len(classes) == 2 else None
    return Goal(question, learn.target, metric, classes, positive, learn.weight, learn.seed, learn.framework, pair)


def labels_in(target: pa.ChunkedArray, name: str) -> tuple[str, ...]:
    """The labels that stand in a cleaned target.

    Raises:
        QualityError: there is none, or there are too many.
    """
    labels = sorted(
        {label for told in target.unique().to_pylist() if told is not None for label in read_labels(told) or ()}
    )
    if not labels:
        raise QualityError(f"no row of {name!r} has a label", where=name, remedy=f"it is to hold {FORMS}")
    if len(labels) > MOST_LABELS:
        raise QualityError(
            f"{name!r} has {len(labels):,} different labels, more than {MOST_LABELS:,}", where=name,
            remedy="is the separator the right one (learn.separator)? else leave out the rarest",
        )  # fmt: skip
    return tuple(labels)


def _refuse_moments(target: pa.ChunkedArray, name: str) -> None:
    if pa.types.is_temporal(target.type):
        raise QualityError(
            f"{name!r} holds moments, which are neither numbers nor classes", where=name,
            remedy=f"make a column of what is asked (days until then, the month), or declare prepare.types: {{{name}: category}}",
        )  # fmt: skip


def _refuse_other_than_numbers(target: pa.ChunkedArray, name: str) -> None:
    if not (pa.types.is_floating(target.type) or pa.types.is_integer(target.type)):
        raise QualityError(f"{name!r} holds {target.type} values, not numbers", where=name,
                           remedy="ask for a class (learn.question: class), or mend the column")  # fmt: skip
    if count := int((~np.isfinite(target.cast(pa.float64()).to_numpy())).sum()):
        raise QualityError(f"{count} values of {name!r} are not finite", where=name,
                           remedy="remove those rows, or leave the value empty")  # fmt: skip


def _question(kind: pa.DataType) -> Question:
    return Question.NUMBER if pa.types.is_floating(kind) else Question.CLASS


def _usual_metric(question: Question, *, has_gains: bool) -> str:
    if question == Question.NUMBER:
        return "rmse"
    return "profit" if has_gains else "log_loss"


def _positive(declared: Label | None, counts: Counter[Label]) -> Label:
    if declared is None:
        worded = [label for word in POSITIVE for label in counts if str(label).strip().lower() == word]
        return worded[0] if worded else min(counts, key=lambda label: (counts[label], str(label)))
    for label in counts:
        if label == declared or str(label).strip().lower() == str(declared).strip().lower():
            return label
    known = [str(label) for label in counts]
    guess = nearest(str(declared), known)
    raise SpecError(
        f"no row has the class {declared!r}", where="learn.positive",
        remedy=f"did you mean {guess!r}?" if guess else f"the classes are: {', '.join(known)}",
    )  # fmt: skip
