"""Realised: what the decisions earned, by what really happened."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mainspring.backends.opening import Backends
from mainspring.backends.store.feedback import Outcome
from mainspring.measure.gains import baselines
from mainspring.run.desk import Desk
from mainspring.steps.decide.policy import Policy


def realised(desk: Desk, backends: Backends) -> dict[str, Any] | None:
    """What the decisions with a known outcome earned, beside simple policies on the same; None without gains."""
    policy = desk.decider.policy
    name = desk.automation.name
    if policy.gains is None:
        return None
    outcomes = [o for o in backends.feedback.outcomes(name) if o.outcome in policy.classes]
    truth = np.array([policy.classes.index(_label(o)) for o in outcomes], dtype=np.int64)
    actions = np.array([_number(policy, o.action) for o in outcomes], dtype=np.int64)
    earned: dict[str, Any] = {
        "outcomes": len(outcomes),
        "mainspring": {
            "contacted": int((actions > 0).sum()),
            "gain": float(policy.gains.realised(actions, truth).sum()),
        },
    }
    if len(policy.gains.actions) == 2 and policy.positive is not None:
        score = _scores(backends, name, outcomes, str(policy.positive))
        for simple, (contacted, gain) in baselines(truth, score, policy.gains).items():
            earned[simple] = {"contacted": contacted, "gain": gain}
    return earned


def _scores(backends: Backends, name: str, outcomes: Sequence[Outcome], positive: str) -> np.ndarray:
    """The probability each decision was taken at. Where a rule spoke before the model there is none: it ranks last."""
    known = {d.id: d.probabilities.get(positive, 0.0) for d in backends.decisions.recent(name, limit=1_000_000)}
    return np.array([known.get(o.decision_id, 0.0) for o in outcomes], dtype=np.float64)


def _label(outcome: Outcome) -> Any:
    return outcome.outcome


def _number(policy: Policy, action: str) -> int:
    assert policy.gains is not None  # the caller has looked
    return policy.gains.actions.index(action) if action in policy.gains.actions else 0
