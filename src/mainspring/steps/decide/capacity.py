"""Capacity: when not all can be done, what gains most is."""

from collections.abc import Sequence

from mainspring.decision import NO_ACTION, Decision, Reason, Receipt
from mainspring.errors import DecideError

USED_UP = Reason("capacity", "the capacity of this period is used up", code="capacity.used_up")


def limit_to(decisions: Sequence[Decision], granted: int) -> list[Decision]:
    """At most ``granted`` decisions act: those that gain most over doing nothing; of equals the first. The others say why they do not.

    A rule's action whose gain is unknown counts as gaining nothing.

    Raises:
        DecideError: ``granted`` is negative.
    """
    if granted < 0:
        raise DecideError("a capacity cannot be negative")
    acting = sorted((i for i, d in enumerate(decisions) if d.acts), key=lambda i: (-(decisions[i].gain or 0.0), i))
    over = set(acting[granted:])
    return [_rested(decision) if i in over else decision for i, decision in enumerate(decisions)]


def _rested(one: Decision) -> Decision:
    gain, told = 0.0 if one.gain is not None else None, one.receipt
    if told is not None:
        codes = (*told.codes, USED_UP.code)
        told = Receipt(
            codes, told.features, told.rows, told.threshold, told.rules, told.model, told.data, told.code, told.input
        )
    # Written out, for once a capacity is used up this is done for most: looking every field up takes five times as long.
    return Decision(
        one.id, one.automation, one.key, NO_ACTION, one.at, one.record, one.prediction, one.probabilities, gain,
        (USED_UP, *one.reasons), one.model_version, one.policy_version, one.occasion, told, one.propensity, one.coverage,
    )  # fmt: skip
