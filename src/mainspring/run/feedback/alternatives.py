"""Alternatives: what another policy, threshold or version would have earned with the decisions there were."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.backends.opening import Backends
from mainspring.errors import DecideError, SpecError
from mainspring.measure import offpolicy
from mainspring.measure.offpolicy import Logged
from mainspring.run.desk import CHAMPION, Desk, open_desk
from mainspring.run.feedback.settled import Settled, settle
from mainspring.steps.decide.policy import Policy

THRESHOLDS = tuple(step / 10 for step in range(1, 10))
AT_ONCE = 10_000
Ints = npt.NDArray[np.int64]


def alternatives(policy: Policy, measured: Sequence[Settled]) -> list[dict[str, Any]]:
    """Of the decisions that were left to the model: ``policy``, ``acts`` (share), ``gain`` a decision with ``low`` and ``high`` (doubly
    robust, 95 %), and the same by ``snips`` and ``ips``. Empty where too few were made under known probabilities.
    """
    left = [one for one in measured if one.outcome.propensity is not None and one.outcome.probabilities]
    names = _actions(policy)
    left = [one for one in left if one.outcome.action in names]
    if len(left) < 2:
        return []
    logged = _logged(policy, left, names)
    count = len(left)
    taken = {f"always {name}": np.full(count, i) for i, name in enumerate(names)}
    taken = {"without chance": _usual(policy, left, policy.threshold)} | taken
    if policy.threshold is not None and len(names) == 2:
        taken |= {f"threshold {at:.0%}": _usual(policy, left, at) for at in THRESHOLDS}
    return [{"policy": name, **_judged(logged, actions, len(names))} for name, actions in taken.items()]


def what_if(backends: Backends, name: str, *, version: int | None, threshold: float | None) -> dict[str, Any]:
    """What ``version`` (the champion when None), with another ``threshold`` or its own, would have earned with the decisions there were.

    ``by_chance`` rests on the decisions made at random and holds whatever acting does; ``by_truth`` assumes that acting does not
    change what turns out to be true. Each has ``gain`` a decision and the ``difference`` to what was earned, with 95 % intervals,
    and is None where it cannot be told.

    Raises:
        NotFound: there is no such automation or version.
        SpecError: no such threshold, or the policy has none.
        DecideError: no decision has an outcome that counts.
    """
    desk = _as_if(open_desk(backends, name, CHAMPION if version is None else version), threshold)
    measured = [one for one in settle(open_desk(backends, name), backends).settled if one.earned is not None]
    if len(measured) < 2:
        raise DecideError(
            "no two decisions have an outcome that counts", where=name, remedy="say what happened: mainspring feedback"
        )
    actions = _again(desk, backends, measured)
    return {
        "automation": name, "version": desk.decider.model_version, "threshold": desk.decider.policy.threshold,
        "decisions": len(measured), "acts": sum(action != desk.decider.policy.actions[0] for action in actions) / len(actions),
        "earned": sum(one.earned or 0.0 for one in measured) / len(measured),
        "by_chance": _by_chance(desk.decider.policy, measured, actions),
        "by_truth": _by_truth(desk.decider.policy, measured, actions),
    }  # fmt: skip


def _as_if(desk: Desk, threshold: float | None) -> Desk:
    policy = replace(desk.decider.policy, explore=0.0)
    if threshold is not None:
        if not 0 <= threshold <= 1 or policy.positive is None or policy.action is None:
            raise SpecError(
                "there is no such threshold", where="threshold",
                remedy="give a probability between 0 and 1, for an automation with two classes and one action",
            )  # fmt: skip
        policy = replace(policy, threshold=threshold)
    return replace(desk, decider=desk.decider.under(policy))


def _again(desk: Desk, backends: Backends, measured: Sequence[Settled]) -> list[str]:
    """The action that the desk would have chosen for each."""
    actions: list[str] = []
    for start in range(0, len(measured), AT_ONCE):
        ids = [one.outcome.decision_id for one in measured[start : start + AT_ONCE]]
        kept = backends.decisions.find_all(ids)
        made = [kept[id] for id in ids]
        records = [decision.record for decision in made]
        keys = [f"{i}" for i in range(len(made))]
        decided = desk.decider.decide(desk.table, records, keys=keys, at=made[0].at)
        actions += [decision.action for decision in decided]
    return actions


def _by_chance(policy: Policy, measured: Sequence[Settled], actions: Sequence[str]) -> dict[str, Any] | None:
    names = list(dict.fromkeys([*_actions(policy), *(one.outcome.action for one in measured), *actions]))
    left = [(one, action) for one, action in zip(measured, actions, strict=True) if one.outcome.propensity is not None]
    if len(left) < 2 or all(one.outcome.propensity == 1.0 for one, _ in left):
        return None
    logged = _logged(policy, [one for one, _ in left], names)
    target = offpolicy.chosen(np.array([names.index(action) for _, action in left]), len(names))
    found, better = offpolicy.doubly_robust(logged, target), offpolicy.improvement(logged, target)
    told = {"gain": found.value, "low": found.low, "high": found.high}
    difference = {"gain": better.value, "low": better.low, "high": better.high}
    return {"decisions": len(left), **told, "effective": found.effective, "difference": difference}


def _by_truth(policy: Policy, measured: Sequence[Settled], actions: Sequence[str]) -> dict[str, Any] | None:
    gains = policy.gains
    known = [(one, action) for one, action in zip(measured, actions, strict=True) if one.truth is not None]
    if gains is None or len(known) < 2:
        return None
    rows = [gains.actions.index(action) if action in gains.actions else 0 for _, action in known]
    would = gains.realised(np.array(rows), np.array([gains.classes.index(one.truth) for one, _ in known]))  # pyright: ignore[reportArgumentType]
    pairs = would - np.array([one.earned for one, _ in known], dtype=np.float64)
    return {"decisions": len(known)} | _mean(would) | {"difference": _mean(pairs)}


def _mean(values: npt.NDArray[np.float64]) -> dict[str, float]:
    value, error = float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    return {"gain": value, "low": value - offpolicy.Z * error, "high": value + offpolicy.Z * error}


def _actions(policy: Policy) -> list[str]:
    return list(policy.gains.actions if policy.gains is not None else policy.actions[:2])


def _logged(policy: Policy, left: Sequence[Settled], names: Sequence[str]) -> Logged:
    expected = np.zeros((len(left), len(names)))
    if policy.gains is not None:
        labels = [str(label) for label in policy.gains.classes]
        chances = np.array([[one.outcome.probabilities.get(label, 0.0) for label in labels] for one in left])
        known = policy.gains.expected(chances)
        for i, action in enumerate(policy.gains.actions):
            expected[:, names.index(action)] = known[:, i]
    return Logged(
        np.array([names.index(one.outcome.action) for one in left], dtype=np.int64),
        np.array([one.outcome.propensity for one in left], dtype=np.float64),
        np.array([one.earned for one in left], dtype=np.float64),
        expected,
    )


def _usual(policy: Policy, left: Sequence[Settled], threshold: float | None) -> Ints:
    """What would be chosen without chance and without rules."""
    if threshold is not None and policy.positive is not None and policy.action is not None:
        acting = _actions(policy).index(policy.action)
        chances = [one.outcome.probabilities.get(str(policy.positive), 0.0) for one in left]
        return np.where(np.array(chances) >= threshold, acting, 0).astype(np.int64)
    assert policy.gains is not None  # there is nothing else to explore by
    labels = [str(label) for label in policy.gains.classes]
    chances = np.array([[one.outcome.probabilities.get(label, 0.0) for label in labels] for one in left])
    return policy.gains.best_actions(chances)


def _judged(logged: Logged, actions: Ints, count: int) -> dict[str, Any]:
    target = offpolicy.chosen(actions, count)
    found = offpolicy.doubly_robust(logged, target)
    others = {"snips": offpolicy.snips(logged, target).value, "ips": offpolicy.ips(logged, target).value}
    told = {"acts": float((actions > 0).mean()), "gain": found.value, "low": found.low, "high": found.high, **others}
    return {name: None if value != value else value for name, value in told.items()}
