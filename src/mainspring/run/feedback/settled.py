"""Settled: of which decisions it is known for good what they led to, and what each earned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mainspring.backends.opening import Backends
from mainspring.backends.store.feedback import Outcome
from mainspring.model import Label, Question
from mainspring.run.desk import Desk
from mainspring.steps.decide.policy import Policy


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision whose outcome counts. ``truth`` is the class (None where only money was told), ``earned`` the money, if it can be told."""

    outcome: Outcome
    truth: Label | None
    earned: float | None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """``waiting`` decisions are too young for their outcome to count; of ``silent`` ones nothing was heard, or nothing final."""

    settled: Sequence[Settled]
    waiting: int
    silent: int

    @property
    def assumed(self) -> int:
        return sum(one.assumed for one in self.settled)


def settle(desk: Desk, backends: Backends, since: datetime | None = None) -> Settlement:
    """What is known by now of the decisions of an automation (those made at or after ``since``), by its declared maturity.

    Early outcomes of young decisions do not count yet: those that come early are seldom like those that come late.
    """
    declared = desk.automation.decide.feedback if desk.automation.decide else None
    after = declared.after if declared is not None else None
    assumed = None if declared is None or declared.otherwise is None else _label(desk, declared.otherwise)
    ripe = None if after is None else datetime.now(UTC) - timedelta(seconds=after)
    settled: list[Settled] = []
    waiting = silent = 0
    # Of what nothing was heard need not be gone through, only counted, unless something is assumed of it.
    for outcome in backends.feedback.outcomes(desk.automation.name, since=since, silent=assumed is not None):
        if ripe is not None and outcome.decided > ripe:
            waiting += 1
        elif outcome.heard and (ripe is not None or not outcome.partial):
            settled.append(_settled(desk.decider.policy, outcome))
        elif assumed is not None and not outcome.heard:
            settled.append(
                Settled(outcome, assumed, _earned(desk.decider.policy, outcome.action, assumed), assumed=True)
            )
        else:
            silent += 1
    if assumed is None:
        every, waiting = _counted(backends, desk.automation.name, since, ripe)
        silent = every - waiting - len(settled)
    return Settlement(settled, waiting, silent)


def _counted(backends: Backends, name: str, since: datetime | None, ripe: datetime | None) -> tuple[int, int]:
    """How many decisions there are since then, and how many of them are too young."""
    end = datetime.max.replace(tzinfo=UTC)
    (every,) = (
        [sum(backends.decisions.counts(name).values())]
        if since is None
        else backends.journal.counts(name, [since, end])
    )
    if ripe is None:
        return every, 0
    young = max(ripe + timedelta(microseconds=1), since or datetime.min.replace(tzinfo=UTC))
    return every, backends.journal.counts(name, [young, end])[0]


def ripens(desk: Desk) -> bool:
    """Whether outcomes count only after a declared time."""
    decide = desk.automation.decide
    return decide is not None and decide.feedback is not None and decide.feedback.after is not None


def worth(policy: Policy, action: str, outcome: Label | None, told: float | None) -> float | None:
    """What a decision earned with this outcome: what was told of it, else what the declared gains say; None where neither does."""
    return told if told is not None else _earned(policy, action, _truth(policy, outcome))


def _settled(policy: Policy, outcome: Outcome) -> Settled:
    truth = _truth(policy, outcome.outcome)
    return Settled(outcome, truth, worth(policy, outcome.action, outcome.outcome, outcome.earned))


def _truth(policy: Policy, outcome: Label | None) -> Label | None:
    known = not policy.classes or policy.question == Question.LABELS or outcome in policy.classes
    return outcome if known else None


def _earned(policy: Policy, action: str, truth: Label | None) -> float | None:
    gains = policy.gains
    if gains is None or truth is None or truth not in gains.classes:
        return None
    row = gains.actions.index(action) if action in gains.actions else 0
    return gains.matrix[row][gains.classes.index(truth)]


def _label(desk: Desk, otherwise: Label) -> Label | None:
    learn = desk.automation.learn
    value = otherwise if learn is None else desk.plan.apply_one({learn.target: otherwise})[learn.target]
    return value if value is None or value in desk.decider.policy.classes or not desk.decider.policy.classes else None
