"""Planning: what learning is going to take, before it begins; and afterwards what it took."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.automation.learn import Learn
from mainspring.backends.flows.flows import DoneStep
from mainspring.backends.opening import Backends
from mainspring.measure.profile import Profile, profile
from mainspring.run.flow import Result
from mainspring.run.place import record_path
from mainspring.run.train.learn import MOST_ROWS, preparer_of, spread_evenly
from mainspring.run.train.prepare import TRAIN, goal_from_plain, part_of
from mainspring.steps.learn.export.kinds import only_exportable
from mainspring.steps.learn.learner import Goal, Learner
from mainspring.steps.learn.planning.machine import slowness
from mainspring.steps.learn.planning.plan import Load, Plan, plan_of
from mainspring.steps.learn.portfolio import chosen, only_readers
from mainspring.steps.learn.timing import size_of
from mainspring.steps.learn.trial.simple import only_readable
from mainspring.steps.prepare.clean import CleaningPlan

SAMPLE = 20_000
"""Rows that features are made of, to count them."""


def plan(automation: Automation, backends: Backends, cleaned: Result, kept: Result) -> Result:
    """Of the rows that are going to be learned from."""
    train = part_of(backends.lake.read(kept["table"], kept["version"]), TRAIN)
    known = (train, goal_from_plain(cleaned["goal"]), CleaningPlan.from_json(cleaned["plan"]))
    return planned(automation, backends, known, len(train)).to_dict()


def actual(automation: Automation, backends: Backends, done: Sequence[DoneStep], results: dict[str, Result]) -> Result:
    """What the run took, in the units of :func:`plan`: ``seconds`` of the steps from learning on, bytes of ``memory`` and ``disk``."""
    planned = False
    seconds = 0.0
    for step in done:
        seconds += step.seconds if planned else 0.0
        planned = planned or step.step == "plan"
    version = results["register"]["version"]
    record = record_path(backends, automation.name, version)
    kept = size_of(backends.registry.get(automation.name, version).folder) + record.stat().st_size
    ours = (results["collect"]["table"], results["clean"]["table"])
    tables = sum(table["size"] for table in backends.lake.tables() if table["name"] in ours)
    return {"seconds": seconds, "memory": results["learn"]["memory"], "disk": kept + tables}


def told(planned: Result) -> str:
    """In a line."""
    return f"{amounts(planned['expected'])}: {planned['basis']}"


def amounts(of: Result) -> str:
    return f"{of['seconds']:,.0f} s, {of['memory'] / 1e6:,.0f} MB of memory, {of['disk'] / 1e6:,.1f} MB on disk"


def planned(automation: Automation, backends: Backends, known: tuple[pa.Table, Goal, CleaningPlan], rows: int) -> Plan:
    """Of cleaned training rows, what is asked of them and how they are read; ``rows`` is how many there are going to be."""
    (train, goal, reading), declared = known, automation.learn
    assert declared is not None  # the caller asks only where there is something to learn
    sample = spread_evenly(train, SAMPLE)
    features = len(preparer_of(automation, goal, reading, sample.column_names).fit(sample).transform.output)
    load = Load(
        min(rows, MOST_ROWS), len(train.column_names), features, goal.outputs,
        declared.split.folds, backends.workers,
    )  # fmt: skip
    seen = replace(profile(sample, goal.target, texts=reading.texts), rows=load.rows)
    learners = _taking_part(declared, goal, seen)
    draws = not (declared.candidates or declared.limits.interpretable)
    return plan_of(learners, load, declared.limits, slowness(), draws=draws)


def _taking_part(declared: Learn, goal: Goal, seen: Profile) -> list[Learner]:
    learners, _ = chosen(goal, seen, tuple(declared.candidates), declared.limits.time)
    if declared.limits.runtime == "onnx":
        learners, _ = only_exportable(learners)
    if declared.limits.interpretable:
        return only_readable(learners)[0]
    return learners if declared.candidates else only_readers(learners, seen, goal.target)[0]
