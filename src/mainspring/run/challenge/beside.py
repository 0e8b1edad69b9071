"""Beside: a challenger decides about the same records as the champion, and whatever befalls it harms nobody."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring.decision import Decision
from mainspring.run.desk import Desk, Rival

LOG = logging.getLogger(__name__)
Record = Mapping[str, Any]
Ask = Callable[[Desk, Sequence[int], Sequence[Record]], list[Decision]]
"""Has a desk decide about protected records, whose places among those asked for are told."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Place → the decision of a canary; place → what a shadow would have decided; and how often the challenger failed."""

    canary: Mapping[int, Decision] = field(default_factory=dict[int, Decision])
    shadow: Mapping[int, Decision] = field(default_factory=dict[int, Decision])
    failures: int = 0


def beside(desk: Desk, records: Mapping[int, Record], ask: Ask) -> Beside:
    """What the challenger of a desk makes of raw records, by their places."""
    rival = desk.rival
    if rival is None or not records:
        return Beside()
    if rival.challenge.mode == "shadow":
        made = _made(rival, records, ask)
        return Beside(shadow=made, failures=len(records) - len(made))
    taken = {place: record for place, record in records.items() if rival.takes(desk.key_of(record), record)}
    made = _made(rival, taken, ask)
    return Beside(canary=made, failures=len(taken) - len(made))


def _made(rival: Rival, records: Mapping[int, Record], ask: Ask) -> dict[int, Decision]:
    """Of those about which it can decide."""
    try:
        protected = {place: rival.desk.protect(record) for place, record in records.items()}
        able = {place: record for place, record in protected.items() if not rival.desk.wrong(record)}
        return dict(zip(able, ask(rival.desk, list(able), list(able.values())), strict=True))
    except Exception:  # whatever a challenger throws is its own failure: the champion decides
        LOG.exception("version %s cannot decide", rival.challenge.version)
        return {}
