"""Foresee: what the rules of a policy say of rows whose outcome is known, so that a model can be chosen by the whole decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.automation.condition import Condition
from mainspring.decision import NO_ACTION
from mainspring.errors import BadRecord
from mainspring.measure.stakes import ASKED
from mainspring.model import Label
from mainspring.steps.decide.policy import Policy, RulePart
from mainspring.steps.decide.rules import Rules

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Record = Mapping[str, Any]
OF_THE_ANSWER = frozenset({"prediction", "probability", "gain"})


@dataclass(frozen=True)
class Foreseen:
    """Of ``records``, as rules see them. Actions are numbers of ``policy.actions``.

    ``before`` (n) is the action of the rules before the model, or ``ASKED``. ``after`` (n × actions) is what those after it make of
    each action, as far as they speak of the record and the action alone; None where there are none.
    """

    policy: Policy
    records: Sequence[Record]
    before: Ints
    after: Ints | None

    @property
    def needs_answer(self) -> bool:
        """Whether a rule speaks of the answer itself: what it does cannot be known before."""
        return any(spoken_of([part]) & OF_THE_ANSWER for part in self.policy.after)

    def later(self, rows: Ints, answers: Floats, chosen: Ints, gain: Floats) -> Ints:
        """All rules after the model on the answers (n × classes) for these rows: what becomes of the actions chosen (n)."""
        rules, policy = Rules(self.policy.after), self.policy
        actions = chosen.copy()
        best: list[int] = answers.argmax(axis=1).tolist()
        positive = None if policy.positive is None else policy.classes.index(policy.positive)
        chance = answers.max(axis=1) if positive is None else answers[:, positive]
        has_gains = policy.gains is not None
        for at, row in enumerate(rows.tolist()):
            label: Label = policy.classes[best[at]]
            told = {
                "prediction": label,
                "probability": float(chance[at]),
                "gain": float(gain[at]) if has_gains else None,
            }
            actions[at] = _fired(
                rules, {**self.records[row], **told, "action": policy.actions[chosen[at]]}, policy, chosen[at]
            )
        return actions


def foresee(policy: Policy, records: Sequence[Record]) -> Foreseen:
    """What the very rules that decide say of each record. One that they cannot read would be refused: nothing is done for it."""
    before = Rules(policy.before)
    first = np.full(len(records), ASKED, dtype=np.int64)
    if before:
        first[:] = [_fired(before, record, policy, ASKED) for record in records]
    plain = [part for part in policy.after if not spoken_of([part]) & OF_THE_ANSWER]
    if not plain:
        return Foreseen(policy, records, first, None)
    after = Rules(plain)
    made = [
        [_fired(after, {**record, "action": name}, policy, number) for number, name in enumerate(policy.actions)]
        for record in records
    ]
    return Foreseen(policy, records, first, np.array(made, dtype=np.int64).reshape(len(records), len(policy.actions)))


def spoken_of(rules: Sequence[RulePart]) -> set[str]:
    """The names that rules speak of: columns, and what the model answers."""
    names: set[str] = set()
    for rule in rules:
        names |= Condition(rule.condition).names if rule.condition else set()
        names |= {column for row in rule.table for column in row} - {"then", "because"}
    return names


def _fired(rules: Rules, record: Record, policy: Policy, otherwise: int) -> int:
    try:
        fired = rules.first(record)
    except BadRecord:
        return policy.actions.index(NO_ACTION)
    return otherwise if fired is None else policy.actions.index(fired[0])
