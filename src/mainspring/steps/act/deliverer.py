"""Deliverer: carries out one action. It delivers once and knows no retries; ``run/`` does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mainspring.automation.act import Act
from mainspring.event import Event

Write = Callable[[str, pa.Table, str], None]
"""Adds rows to a table of the lake: its name, the rows, and an id under which they are written at most once."""
Publish = Callable[[str, Event], None]
"""Publishes an event to a topic, under its address; the same event twice is one."""


class Deliverer(Protocol):
    def deliver(self, event: Event, act: Act) -> None:
        """Carry out the action that ``event`` describes. ``event.id`` is the idempotency key.

        Raises:
            ActUnreachable: no answer, or an answer that the receiver is unwell (it may be tried again).
            ActRefused: the receiver will not take it (trying again cannot help).
        """
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What a deliverer is given: the ``environment`` for ``${NAME}``, the ``folder`` of relative paths, and what writes and publishes."""

    environment: Mapping[str, str]
    folder: Path
    write: Write
    publish: Publish
    allowed: tuple[str, ...] = ()
    """Networks, addresses and hosts that webhooks may reach though they are not public."""
