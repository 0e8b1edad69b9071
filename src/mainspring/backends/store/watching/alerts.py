"""Alerts: what was found, told once, and watched until it is over. The changes of each are one transaction with what is sent of it."""

import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from mainspring.backends.store.audit import enter
from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, storable, to_text
from mainspring.backends.store.outbox import Action, put
from mainspring.backends.store.tables import ALERTS, now
from mainspring.errors import NotFound

State = Literal["pending", "open", "acknowledged", "resolved"]


@dataclass(frozen=True, slots=True)
class Alert:
    """``mark`` says what it is about; ``history`` has a 1 for each of the last looks that found it, else a 0, newest last.

    It is *pending* until enough looks have found it, *open* from then on, *acknowledged* where someone has taken it on, *resolved* once
    no look finds it. ``told`` is when someone was last told of it; until ``muted_until`` nobody is.
    """

    automation: str
    mark: str
    severity: str
    state: State
    what: str
    facts: Mapping[str, Any]
    history: str
    first: datetime
    last: datetime
    told: datetime | None = None
    muted_until: datetime | None = None

    @property
    def id(self) -> str:
        return hashlib.sha256(f"{self.automation}:{self.mark}".encode()).hexdigest()[:12]

    def to_dict(self) -> dict[str, Any]:
        names = (
            "id",
            "automation",
            "mark",
            "severity",
            "state",
            "what",
            "first",
            "last",
            "told",
            "muted_until",
            "history",
        )
        return {name: getattr(self, name) for name in names} | {"facts": dict(self.facts)}


class Alerting:
    """An open transaction on the alerts of one automation. Made by :meth:`Alerts.changing`."""

    def __init__(self, connection: Connection, automation: str) -> None:
        self._connection = connection
        self._automation = automation

    def all(self) -> dict[str, Alert]:
        """Every alert there ever was, by its mark."""
        rows = self._connection.execute(select(ALERTS).where(ALERTS.c.automation == self._automation)).mappings()
        return {row["mark"]: _alert(row) for row in rows}

    def keep(self, alert: Alert) -> None:
        row = _row(alert)
        if not self._connection.execute(ALERTS.update().where(ALERTS.c.id == alert.id), row).rowcount:
            self._connection.execute(ALERTS.insert(), [row])

    def send(self, *actions: Action) -> None:
        put(self._connection, self._automation, actions)

    def note(self, what: str, facts: Mapping[str, Any], by: str) -> None:
        enter(self._connection, self._automation, what, by=by, facts=facts)


class Alerts:
    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def changing(self, automation: str) -> Generator[Alerting]:
        with self._database.writing(f"alerts:{automation}") as connection:
            yield Alerting(connection, automation)

    def list(self, automation: str | None = None, *, all: bool = False, limit: int = 1000) -> "list[Alert]":
        """Those last found come first; only those that stand, or ``all``, the resolved and the not yet confirmed too."""
        query = select(ALERTS).order_by(ALERTS.c.last.desc(), ALERTS.c.id).limit(limit)
        if automation is not None:
            query = query.where(ALERTS.c.automation == automation)
        if not all:
            query = query.where(ALERTS.c.state.in_(("open", "acknowledged")))
        with self._database.reading() as connection:
            return [_alert(row) for row in connection.execute(query).mappings()]

    def acknowledge(self, id: str, *, by: str, why: str = "") -> Alert:
        """Someone has taken it on: nobody is told again while it stands.

        Raises:
            NotFound: there is no such alert that stands.
        """
        return self._change(id, "acknowledged an alert", {"state": "acknowledged"}, by, why, standing=True)

    def mute(self, id: str, until: datetime | None, *, by: str, why: str = "") -> Alert:
        """Nobody is told of it before ``until``, whether it stands or comes again; None takes that back.

        Raises:
            NotFound: there is no such alert.
        """
        what = "muted an alert" if until is not None else "took back the muting of an alert"
        return self._change(id, what, {"muted_until": until}, by, why)

    def _change(
        self, id: str, what: str, change: Mapping[str, Any], by: str, why: str, *, standing: bool = False
    ) -> Alert:  # fmt: skip
        with self._database.reading() as connection:
            automation = connection.scalar(select(ALERTS.c.automation).where(ALERTS.c.id == id))
            known = [row[0] for row in connection.execute(select(ALERTS.c.id).limit(50))]
        if automation is None:
            raise NotFound("alert", id, known)
        with self.changing(automation) as alerting:
            alert = next(alert for alert in alerting.all().values() if alert.id == id)
            if standing and alert.state not in ("open", "acknowledged"):
                raise NotFound("standing alert", id, [a.id for a in alerting.all().values() if a.state == "open"])
            changed = replace(alert, **change)
            alerting.keep(changed)
            alerting.note(what, {"alert": id, "mark": alert.mark, "at": now(), "why": why, **change}, by)
        return changed


def _row(alert: Alert) -> dict[str, Any]:
    as_is = ("id", "automation", "mark", "severity", "state", "history", "first", "last", "told", "muted_until")
    return {name: getattr(alert, name) for name in as_is} | {
        "what": storable(alert.what),
        "facts": to_text(alert.facts),
    }


def _alert(row: Mapping[Any, Any]) -> Alert:
    plain = {name: value for name, value in row.items() if name not in ("id", "facts")}
    return Alert(**plain, facts=from_text(row["facts"]))
