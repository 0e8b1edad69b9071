"""Testing: what was learned without a search on the test rows, and the present champion on the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import pyarrow as pa

from mainspring.backends.opening import Backends
from mainspring.model import Model, Question, open_model
from mainspring.run.flow import Result
from mainspring.run.kinds import KINDS
from mainspring.run.train.learn import MODEL
from mainspring.run.train.prepare import TEST, TRAIN, goal_from_plain, part_of
from mainspring.steps.learn.evaluation.alarms import repeated
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.text.multilabel.evaluation import evaluate_labels
from mainspring.steps.learn.text.tagging.evaluation import evaluate_spans


class Evaluates(Protocol):
    """What a model says of rows that have the truth; ``shown`` is whether a text may be."""

    def __call__(self, model: Model, test: pa.Table, goal: Goal, *, shown: bool) -> dict[str, Any]: ...


EVALUATES: Mapping[Question, Evaluates] = {Question.SPANS: evaluate_spans, Question.LABELS: evaluate_labels}


def test_alone(
    name: str, backends: Backends, prepared: tuple[Result, Result], learned: Result, folder: Path, *, private: bool
) -> Result:
    """``private`` says that no text may be shown."""
    cleaned, kept = prepared
    goal = goal_from_plain(cleaned["goal"])
    both = backends.lake.read(kept["table"], kept["version"])
    rows = part_of(both, TEST)
    model = open_model(folder / MODEL, KINDS, learned["hash"])
    evaluation = EVALUATES[goal.question](model, rows, goal, shown=not private)
    evaluation |= {
        "repeated": repeated(part_of(both, TRAIN), rows, model.card.input.names),
        "agreement": None,
        "alarms": [],
    }
    return {"evaluation": evaluation, "champion": _champion_on(name, backends, rows, goal)}


def _champion_on(name: str, backends: Backends, rows: pa.Table, goal: Goal) -> dict[str, Any] | None:
    """Labels that only one of the two knows count against the other: what it cannot say it misses."""
    if not backends.registry.has(name):
        return None
    champion = backends.registry.get(name)
    if (champion.card.question, champion.card.target) != (goal.question, goal.target):
        return None
    model = open_model(champion.folder, KINDS, champion.hash)
    metrics = cast(dict[str, Any], EVALUATES[goal.question](model, rows, goal, shown=False)["metrics"])
    return {"version": champion.version, "metric": goal.metric, "value": metrics[goal.metric]["value"]}
