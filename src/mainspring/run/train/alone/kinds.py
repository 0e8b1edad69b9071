"""Kinds: for each question that is learned without a search, how it is planned and learned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.model import Question
from mainspring.run.flow import Result
from mainspring.run.progress import RunProgress
from mainspring.run.train.alone.labels import learn_labels, plan_labels
from mainspring.run.train.alone.spans import learn_spans, plan_spans


@dataclass(frozen=True, slots=True)
class Alone:
    """``what`` says in a word or two what learning does."""

    what: str
    plan: Callable[[Automation], Result]
    learn: Callable[[Automation, Backends, tuple[Result, Result], Path, RunProgress], Result]


ALONE: Mapping[Question, Alone] = {
    Question.SPANS: Alone("an encoder, tags", plan_spans, learn_spans),
    Question.LABELS: Alone("a line a label, over words and vectors", plan_labels, learn_labels),
}


def alone_of(question: Question | None) -> Alone | None:
    """None where a search finds the model."""
    return None if question is None else ALONE.get(question)
