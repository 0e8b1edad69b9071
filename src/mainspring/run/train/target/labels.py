"""Labels: how a column of them is read: with which separator, and which of them can be learned."""

from dataclasses import replace

import pyarrow as pa

from mainspring.automation.learn import Learn
from mainspring.errors import SpecError
from mainspring.measure.multilabel.labels import separator_in
from mainspring.model import Question
from mainspring.steps.learn.goal import labels_in
from mainspring.steps.learn.learner import Goal
from mainspring.steps.prepare.clean import CleaningPlan


def separator_of(learn: Learn, raw: pa.Table) -> str:
    """What stands between the labels of one text: what is declared, else what the texts tell.

    Raises:
        SpecError: what is declared stands in no text, and another sign does between labels.
    """
    column = raw.column(learn.target)
    if learn.question != Question.LABELS or not (
        pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    ):
        return ""
    texts: list[str | None] = column.unique().to_pylist()
    if learn.separator is None:
        return separator_in(texts)
    if not any(learn.separator in text for text in texts if text is not None) and (found := separator_in(texts)):
        raise SpecError(f"no text of {learn.target!r} has the separator {learn.separator!r}", where="learn.separator",
                        remedy=f"did you mean {found!r}?")  # fmt: skip
    return learn.separator


def blank_is_none(learn: Learn, raw: pa.Table) -> pa.Table:
    """Where labels are written in a column of texts, a blank one means that there are none: nothing else could say it."""
    column = raw.column(learn.target)
    if learn.question != Question.LABELS or not pa.types.is_string(column.type) or not column.null_count:
        return raw
    return raw.set_column(raw.column_names.index(learn.target), raw.schema.field(learn.target), column.fill_null(""))


def separated(plan: CleaningPlan, separator: str) -> CleaningPlan:
    """The plan that reads the target's labels with this between them."""
    if not separator:
        return plan
    columns = tuple(
        replace(column, reading=replace(column.reading, separator=separator)) if column.name == plan.target else column
        for column in plan.columns
    )
    return replace(plan, columns=columns)


def learned_labels(goal: Goal, train: pa.Table) -> Goal:
    """The goal with the labels of the cleaned training rows alone: what stands on no row to learn from can never be said.

    Raises:
        QualityError: these rows have none.
    """
    if goal.question != Question.LABELS:
        return goal
    return replace(goal, classes=labels_in(train.column(goal.target), goal.target))
