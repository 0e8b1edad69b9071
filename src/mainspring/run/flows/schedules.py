"""Schedules: flows that begin at their times, by whoever works on the queue then."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mainspring.automation.times.cron import EXAMPLE, cron
from mainspring.backends.flows.flows import Schedule
from mainspring.backends.opening import Backends
from mainspring.errors import SpecError
from mainspring.run.flows.repertoire import carried
from mainspring.steps.source.address import shown


class Schedules:
    """Of a workspace. One that is due while its last flow is not done yet is left out that time."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def list(self) -> "list[dict[str, Any]]":
        """By name: ``name``, ``cron``, ``kind``, ``subject``, ``arguments`` (addresses without passwords), ``paused``, and when it was due
        ``last``."""
        told = sorted(map(asdict, self._backends.flows.open().schedules()), key=lambda one: one["name"])
        return [{**one, "arguments": _without_secrets(one["arguments"]), "last": _text(one["last"])} for one in told]

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


def _without_secrets(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: shown(value) if isinstance(value, str) else value for name, value in arguments.items()}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
