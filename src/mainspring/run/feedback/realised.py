"""Realised: what the decisions earned, by what really happened."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mainspring.backends.opening import Backends
from mainspring.measure.gains import baselines
from mainspring.run.desk import Desk
from mainspring.run.feedback.alternatives import alternatives
from mainspring.run.feedback.settled import Settled, settle
from mainspring.steps.decide.policy import Policy


def realised(desk: Desk, backends: Backends) -> dict[str, Any] | None:
    """What the decisions earned whose outcome counts, beside simple policies on the same; None where nothing has a value in money.

    ``waiting`` decisions are younger than the declared maturity, of ``silent`` ones nothing final was heard, ``assumed`` outcomes are the
    declared ones. Where a share of decisions is made at random, ``off_policy`` says what other policies would have earned.
    """
    policy = desk.decider.policy
    settlement = settle(desk, backends)
    measured = [one for one in settlement.settled if one.earned is not None]
    if policy.gains is None and not measured:
        return None
    earned: dict[str, Any] = {
        "outcomes": len(measured), "waiting": settlement.waiting, "silent": settlement.silent, "assumed": settlement.assumed,
        "mainspring": {
            "contacted": sum(one.outcome.action in policy.actions[1:] for one in measured),
            "gain": float(sum(one.earned or 0.0 for one in measured)),
        },
    }  # fmt: skip
    earned |= _simple(policy, measured)
    return earned | ({"off_policy": rows} if policy.explore and (rows := alternatives(policy, measured)) else {})


def _simple(policy: Policy, measured: Sequence[Settled]) -> dict[str, Any]:
    """What simple policies would have earned, if acting does not change what turns out to be true."""
    gains, positive = policy.gains, policy.positive
    known = [one.truth for one in measured if one.truth is not None]
    if gains is None or len(gains.actions) != 2 or positive is None or len(known) != len(measured):
        return {}
    truth = np.array([policy.classes.index(label) for label in known], dtype=np.int64)
    # Where a rule spoke before the model there is no probability: it ranks last.
    score = np.array([one.outcome.probabilities.get(str(positive), 0.0) for one in measured], dtype=np.float64)
    simple = baselines(truth, score, gains).items()
    return {name: {"contacted": contacted, "gain": gain} for name, (contacted, gain) in simple}
