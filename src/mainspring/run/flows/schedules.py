"""Schedules: flows that begin at their times, by whoever works on the queue then."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mainspring.automation.times.cron import EXAMPLE, cron
from mainspring.backends.flows.flows import Schedule
from mainspring.backends.opening import Backends
from mainspring.errors import SpecError
from mainspring.run.flows.repertoire import carried


class Schedules:
    """Of a workspace. One that is due while its last flow is not done yet is left out that time."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def list(self) -> "list[dict[str, Any]]":
        """``name``, ``cron``, ``kind``, ``subject``, ``arguments``, ``paused``, and when it was due ``last``."""
        told = (asdict(one) for one in self._backends.flows.open().schedules())
        return [{**one, "last": None if one["last"] is None else one["last"].isoformat()} for one in told]

    def add(self, name: str, when: str, kind: str, subject: str, arguments: Mapping[str, Any] | None = None) -> None:
        """At ``when``, a cron expression in UTC, begin a flow: ``kind`` ``run`` with a declaration's path, ``campaign`` and ``promotion``
        with an automation, ``backup`` with a folder as ``subject``. One of the same name is replaced.

        Raises:
            SpecError: no cron expression, or no such kind.
        """
        carried(kind)
        if not cron(when):
            raise SpecError(f"{when!r} is no cron expression", where=name, remedy=f"for instance {EXAMPLE}")
        self._backends.flows.open().schedule(Schedule(name, when, kind, subject, arguments or {}))

    def remove(self, name: str) -> None:
        """Raises NotFound."""
        self._backends.flows.open().unschedule(name)

    def pause(self, name: str, *, on: bool = True) -> None:
        """Raises NotFound."""
        self._backends.flows.open().pause(name, on=on)

    def fire(self, name: str) -> None:
        """Begin it now, beside its times. Raises NotFound."""
        self._backends.flows.open().fire(name)
