"""Deliverer: carries out one action. It delivers once and knows no retries; ``run/`` does."""

from typing import Protocol

from mainspring.automation.act import Act
from mainspring.event import Event


class Deliverer(Protocol):
    def deliver(self, event: Event, act: Act) -> None:
        """Carry out the action that ``event`` describes. ``event.id`` is the idempotency key.

        Raises:
            ActUnreachable: no answer, or an answer that the receiver is unwell (it may be tried again).
            ActRefused: the receiver will not take it (trying again cannot help).
        """
        ...
