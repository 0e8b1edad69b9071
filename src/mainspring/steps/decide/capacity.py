"""Capacity: when not all can be done, what gains most is."""

from collections.abc import Sequence
from dataclasses import replace

from mainspring.decision import NO_ACTION, Decision, Reason
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


def _rested(decision: Decision) -> Decision:
    gain, receipt = 0.0 if decision.gain is not None else None, decision.receipt
    if receipt is not None:
        receipt = replace(receipt, codes=(*receipt.codes, USED_UP.code))
    return replace(decision, action=NO_ACTION, gain=gain, reasons=(USED_UP, *decision.reasons), receipt=receipt)
