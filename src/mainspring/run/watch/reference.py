"""Reference: what a registered version is compared with, made of the rows it was learned and tested on, and kept."""

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion
from mainspring.measure.profile import spread_rows
from mainspring.model import Question, open_model
from mainspring.run.kinds import KINDS
from mainspring.run.train.prepare import PART, TEST, part_of
from mainspring.run.watch.columns import answers_of, asked_of, policy_actions, truths, watched
from mainspring.steps.decide.policy import Policy
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.watch.baseline import baseline, judge
from mainspring.steps.watch.kept.reference import Reference
from mainspring.steps.watch.window import told

LOOKED_AT = 200_000
"""Of longer tables, so many rows, evenly spread, are counted."""


def reference_of(backends: Backends, found: ModelVersion) -> Reference:
    """As it was kept; of a version that an earlier release registered, it is made now.

    Raises:
        StoreError: its rows are not in the lake any more.
    """
    kept = backends.looks.reference(found.automation, found.version)
    if kept is not None:
        return Reference.from_dict(kept)
    made = _made(backends, found)
    backends.looks.keep_reference(found.automation, found.version, made.to_dict())
    return made


def keep_reference(backends: Backends, name: str, version: int) -> None:
    """Make and keep the reference of a version that was just registered."""
    reference_of(backends, backends.registry.get(name, version))


def _made(backends: Backends, found: ModelVersion) -> Reference:
    automation = Automation.model_validate(found.facts["declaration"])
    data, plan = found.facts["data_version"], CleaningPlan.from_json(found.facts["plan"])
    asked = asked_of(found.card, Policy.from_dict(found.facts["policy"]), found.facts["goal"]["metric"])
    both = backends.lake.read(data["table"], data["version"])
    both = both.filter(pc.is_valid(both.column(asked.target)))
    test, rows = part_of(both, TEST), spread_rows(both.drop_columns([PART]), LOOKED_AT)
    answers = answers_of(asked, open_model(found.folder, KINDS, found.hash).predict(test))
    truth, readable = truths(asked, test.column(asked.target).to_pylist())
    answers, truth = answers[readable], truth[readable]
    judged = judge(asked, answers, truth, policy_actions(asked, answers)) if len(truth) else None
    features = watched(plan, found.card.input.names, rows)
    seconds = automation.learn.limits.time if automation.learn is not None else 0.0
    target = rows.column(asked.target).combine_chunks()
    if found.card.question in (Question.SPANS, Question.LABELS):
        target = pa.array(truths(asked, target.to_pylist())[0])
    return baseline(asked, features, target, told(asked, answers), judged, seconds)
