"""Watching: looks at automations when asked or when it is time, and the alerts, for people. Light: looking itself loads when it is done."""

import importlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, cast

import pyarrow as pa

from mainspring.automation.units import seconds
from mainspring.backends.opening import Backends
from mainspring.errors import Busy, NotFound, SpecError
from mainspring.run.desk import Desk, known_automations
from mainspring.run.kinds import WATCH

BY = "a person"


class Order(Protocol):
    """The module that looks."""

    def watch(self, desk: Desk, backends: Backends, at: datetime | None = None) -> dict[str, Any]: ...
    def watch_rows(self, desk: Desk, backends: Backends, rows: pa.Table) -> dict[str, Any]: ...
    def lying(self, desk: Desk, backends: Backends, most: int) -> list[dict[str, Any]]: ...


class Watching:
    """What is looked at, and what was seen. Thread-safe."""

    def __init__(self, backends: Backends, desk: Callable[[str], Desk]) -> None:
        self._backends = backends
        self._desk = desk
        self._began = datetime.now(UTC)

    def look(self, name: str) -> dict[str, Any]:
        """Look at the decisions of the declared window now: ``findings``, ``columns`` (drifts), ``quality``, ``performance``, ``loss``,
        ``cost``, ``service``, ``rows``, ``outcomes``. What was seen is kept, and alerts are brought up to date.

        Raises:
            NotFound: there is no such automation. Busy: another process is looking.
        """
        return _order().watch(self._desk(name), self._backends)

    def rows(self, name: str, rows: pa.Table) -> dict[str, Any]:
        """Look at rows that were not decided about, with outcomes where they bring the target. Nothing is kept, nobody is told.

        Raises:
            NotFound: there is no such automation, or rules alone decide in it.
        """
        desk = self._desk(name)
        if desk.model is None:
            raise NotFound("model of", name, self._backends.registry.automations())
        return _order().watch_rows(desk, self._backends, rows)

    def lying(self, name: str, most: int = 30) -> list[dict[str, Any]]:
        """How the decisions of the declared window lie beside what the version learned from, a row a column, group and time: ``of`` the
        column, ``x`` the group, ``o`` its place, ``when`` (``before``, ``now``), ``y`` the share of rows.

        Raises:
            NotFound: there is no such automation, or rules alone decide in it.
        """
        desk = self._desk(name)
        if desk.model is None:
            raise NotFound("model of", name, self._backends.registry.automations())
        return _order().lying(desk, self._backends, most)

    def recent(self, name: str, limit: int = 20) -> list[dict[str, Any]]:
        """What the last looks saw, newest first."""
        return [past.to_dict() for past in self._backends.looks.recent(name, limit)]

    def due(self) -> list[str]:
        """Look at every automation whose declared interval is over since the last look, or since this was opened; which they were."""
        now = datetime.now(UTC)
        looked: list[str] = []
        for name in known_automations(self._backends):
            desk = self._desk(name)
            last = next(iter(self._backends.looks.recent(name)), None)
            since = self._began if last is None else last.at
            if now - since < timedelta(seconds=desk.automation.watch.every):
                continue
            try:
                _order().watch(desk, self._backends)
            except Busy:
                continue
            looked.append(name)
        return looked


class Alarms:
    """The alerts: what was found often enough to be believed."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def list(self, name: str | None = None, *, all: bool = False) -> "list[dict[str, Any]]":
        """Last found first; those that stand, or ``all``: the resolved and the not yet confirmed too."""
        return [alert.to_dict() for alert in self._backends.alerts.list(name, all=all)]

    def acknowledge(self, id: str, why: str = "", by: str = BY) -> dict[str, Any]:
        """Someone (``by``) sees to it: nobody is told again while it stands. Raises NotFound where no such alert stands."""
        return self._backends.alerts.acknowledge(id, by=by, why=why).to_dict()

    def mute(self, id: str, length: str | float | None = "7d", why: str = "", by: str = BY) -> dict[str, Any]:
        """For so long (``"7d"``, or seconds) nobody is told of it, even when it comes again; None takes that back.

        Raises:
            NotFound: there is no such alert. SpecError: that is no length of time.
        """
        try:
            until = None if length is None else datetime.now(UTC) + timedelta(seconds=seconds(length))
        except (ValueError, OverflowError) as error:
            raise SpecError(f"no such length of time: {error}", where="mute", remedy="for instance 7d") from error
        return self._backends.alerts.mute(id, until, by=by, why=why).to_dict()


def _order() -> Order:
    return cast(Order, importlib.import_module(WATCH))
