"""Planning: what learning is going to take, before it begins; and afterwards what it took."""

from dataclasses import replace
from typing import Any

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.automation.check import refuse_problems
from mainspring.automation.learn import Learn
from mainspring.backends.opening import Backends
from mainspring.errors import SpecError
from mainspring.measure.profile import profile
from mainspring.run.flow import Result
from mainspring.run.place import record_path
from mainspring.run.train.collect import batches_of
from mainspring.run.train.learn import MOST_ROWS, preparer_of, spread_evenly
from mainspring.run.train.prepare import TRAIN, goal_from_plain, part_of, parted, refuse_unfit
from mainspring.steps.learn.export.kinds import only_exportable
from mainspring.steps.learn.learner import Goal, Learner
from mainspring.steps.learn.planning.machine import slowness
from mainspring.steps.learn.planning.plan import Load, Plan, plan_of
from mainspring.steps.learn.portfolio import chosen, refuse_unknown
from mainspring.steps.learn.timing import size_of
from mainspring.steps.learn.trial.simple import only_readable
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.prepare.protect import Protector
from mainspring.steps.source.reader import Surroundings

SAMPLE = 20_000
"""Rows that features are made of, to count them."""
READ, COUNTED = 200_000, 2_000_000
"""Rows that a plan without a run keeps of the source at most, and counts at most."""


def plan(automation: Automation, backends: Backends, cleaned: Result, kept: Result) -> Result:
    """Of the rows that are going to be learned from."""
    train = part_of(backends.lake.read(kept["table"], kept["version"]), TRAIN)
    known = (train, goal_from_plain(cleaned["goal"]), CleaningPlan.from_json(cleaned["plan"]))
    return _planned(automation, backends, known, len(train)).to_dict()


def foresee(automation: Automation, backends: Backends, around: Surroundings) -> dict[str, Any]:
    """The plan of a run that is not begun: rows of the source are looked at, and nothing is kept.

    Raises:
        SpecError: the declaration is wrong, or learns nothing. SourceError, QualityError: the rows cannot be read or learned from.
    """
    refuse_problems(automation)
    learn = automation.learn
    if learn is None:
        raise SpecError(f"{automation.name!r} learns nothing", where="learn", remedy="there is nothing to plan")
    refuse_unknown(learn.candidates)
    rows, counted, whole = _looked_at(automation, backends, around)
    refuse_unfit(automation, rows)
    made = parted(automation, rows, learn)
    train = made.reading.apply(made.rows.take(pa.array(made.train)))
    expected = round(counted * len(train) / len(rows))
    found = _planned(automation, backends, (train, made.goal, made.reading), expected)
    seen = f"{counted:,} rows of the source" if whole else f"the first {counted:,} rows of the source (there are more)"
    of_them = "" if len(rows) == counted else f", of which {len(rows):,} were looked at"
    return {"automation": automation.name, **replace(found, basis=f"{seen}{of_them}; {found.basis}").to_dict()}


def actual(automation: Automation, backends: Backends, run_id: str, results: dict[str, Result]) -> Result:
    """What the run took, in the units of :func:`plan`: ``seconds`` of the steps from learning on, bytes of ``memory`` and ``disk``."""
    planned = False
    seconds = 0.0
    for step in backends.runs.steps(run_id):
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


def _looked_at(automation: Automation, backends: Backends, around: Surroundings) -> tuple[pa.Table, int, bool]:
    """Protected rows, how many there are, and whether all were counted."""
    protector = Protector(automation.prepare.protect, backends.vault.key())
    parts: list[pa.Table] = []
    kept = counted = 0
    whole = True
    for batch in batches_of(automation, backends, around):
        counted += batch.num_rows
        if kept < READ or not parts:
            parts.append(protector.apply(pa.Table.from_batches([batch]).slice(0, max(0, READ - kept))))
            kept += len(parts[-1])
        if counted >= COUNTED:
            whole = False
            break
    return pa.concat_tables(parts, promote_options="permissive"), counted, whole


def _planned(automation: Automation, backends: Backends, known: tuple[pa.Table, Goal, CleaningPlan], rows: int) -> Plan:
    (train, goal, reading), declared = known, automation.learn
    assert declared is not None  # the caller asks only where there is something to learn
    sample = spread_evenly(train, SAMPLE)
    features = len(preparer_of(automation, goal, reading, sample.column_names).fit(sample).transform.output)
    load = Load(
        min(rows, MOST_ROWS), len(train.column_names), features, len(goal.classes) if len(goal.classes) > 2 else 1,
        declared.split.folds, backends.workers,
    )  # fmt: skip
    learners = _taking_part(declared, goal, sample, load.rows)
    draws = not (declared.candidates or declared.limits.interpretable)
    return plan_of(learners, load, declared.limits, slowness(), draws=draws)


def _taking_part(declared: Learn, goal: Goal, sample: pa.Table, rows: int) -> list[Learner]:
    learners, _ = chosen(goal, replace(profile(sample, goal.target), rows=rows), tuple(declared.candidates))
    if declared.limits.runtime == "onnx":
        learners, _ = only_exportable(learners)
    return only_readable(learners)[0] if declared.limits.interpretable else learners
