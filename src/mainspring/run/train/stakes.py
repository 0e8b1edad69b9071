"""Stakes: what deciding about known rows gains, with the rules and the capacity of the declaration."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation import Automation
from mainspring.automation.decide import answered, staged
from mainspring.automation.units import Rate
from mainspring.measure.stakes import Floats, Ints, Stakes
from mainspring.model import Question
from mainspring.steps.decide.foresee import Foreseen, foresee, spoken_of
from mainspring.steps.decide.policy import Policy, policy_of
from mainspring.steps.learn.evaluation.evaluate import Decided
from mainspring.steps.learn.learner import Goal


@dataclass(frozen=True, slots=True)
class Capacity:
    """The ``share`` of rows that can be acted on, None where it is not known or not limited; ``told`` is how it is known."""

    share: float | None = None
    told: str = ""


def capacity_of(automation: Automation, rows: pa.Table) -> Capacity:
    """The declared capacity as a share of ``rows``, which are all that were cleaned: said, or measured by ``source.time``."""
    rate = automation.decide.capacity if automation.decide else None
    if rate is None:
        return Capacity()
    if rate.of is not None:
        share = rate.count / max(1, rate.of)
        return Capacity(
            share, f"as declared, {rate.count:,} of {rate.of:,} rows a period can be acted on ({share:.1%})"
        )
    measured = _rows_a_period(rows, automation.source.time, rate)
    if measured is None:
        return Capacity(
            None, f"how many rows come a period is not known, so all that pay are taken to be within the capacity of {rate.count:,} "
            f"(write capacity: {rate.count} of N per period, or name source.time)",
        )  # fmt: skip
    share = min(1.0, rate.count / measured)
    return Capacity(
        share, f"by {automation.source.time} there are {measured:,.1f} rows a period, so {share:.1%} can be acted on"
    )


def _rows_a_period(rows: pa.Table, column: str | None, rate: Rate) -> float | None:
    """The mean of the periods that have rows, by the clock in UTC; None where no time is known."""
    if column is None or column not in rows.column_names:
        return None
    times = rows.column(column)
    if not (pa.types.is_timestamp(times.type) or pa.types.is_date(times.type)):
        return None
    seconds = times.drop_null().cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    if not len(seconds):
        return None
    periods = pc.divide(seconds, rate.period)  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType,reportAttributeAccessIssue]
    return len(seconds) / len(np.unique(np.asarray(periods)))


def policy_without(automation: Automation, goal: Goal) -> Policy:
    """The policy of a declaration before a threshold is chosen."""
    known = answered(automation.learn)
    return policy_of(
        staged(automation.decide, known),
        list(automation.act),
        question=goal.question,
        classes=goal.classes,
        positive=goal.positive,
    )


def stakes_of(policy: Policy, goal: Goal, rows: pa.Table, share: float | None) -> Stakes | None:
    """What deciding about cleaned ``rows`` gains; None where no gains are declared, or a number is asked."""
    if policy.gains is None or goal.question != Question.CLASS:
        return None
    found = foreseen(policy, goal, rows)
    positive = None if goal.positive is None else goal.classes.index(goal.positive)
    # A declared threshold is in the policy already; one that validation chose is not a declaration.
    return Stakes(
        policy.gains, positive, found.before, found.after, found.later if found.needs_answer else None, share, policy.threshold
    )  # fmt: skip


def deciding(policy: Policy, goal: Goal, share: float | None) -> Decided | None:
    """What a policy with its threshold does with cleaned rows and the model's answers (n × classes) for them; None without gains."""
    if policy.gains is None or goal.question != Question.CLASS:
        return None

    def decided(rows: pa.Table, answers: Floats) -> Ints:
        stakes = stakes_of(policy, goal, rows, share)
        assert stakes is not None  # there are gains
        return stakes.decided(answers, policy.threshold)

    return decided


def foreseen(policy: Policy, goal: Goal, rows: pa.Table) -> Foreseen:
    """What the rules say of cleaned rows: they see these as they see a record to be decided, without the target."""
    spoken = spoken_of((*policy.before, *policy.after)) - {goal.target}
    seen = [name for name in rows.column_names if name in spoken]
    records = cast(list[dict[str, Any]], rows.select(seen).to_pylist()) if seen else [dict[str, Any]()] * len(rows)
    return foresee(policy, records)


def told_of_rules(stakes: Stakes) -> list[str]:
    """How much of the rows the rules decide, and what could not be heeded in choosing."""
    ruled = float((stakes.before >= 0).mean()) if len(stakes.before) else 0.0
    told = [f"rules decide {ruled:.1%} of the rows before the model"] if ruled else []
    if stakes.later is not None:
        told.append(
            "rules that speak of probability, prediction or gain are heeded in the evaluation, not in the choice"
        )
    return told
