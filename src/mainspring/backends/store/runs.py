"""Runs: which runs there were of an automation, and what was declared. Their steps are the flows' affair."""

import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, select

from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, storable, to_text
from mainspring.backends.store.tables import RUNS, STEPS, now

State = Literal["running", "finished", "failed", "abandoned", "cancelled"]


@dataclass(frozen=True, slots=True)
class Run:
    """One pass through the steps. ``fingerprint`` is of all that determines it: the declaration, the code, the input.

    ``resumed`` says that :meth:`Runs.start` found it unfinished.
    """

    id: str
    automation: str
    fingerprint: str
    state: State
    started: datetime
    changed: datetime
    facts: Mapping[str, Any]
    error: str
    resumed: bool = False


class Runs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def alone(self, automation: str) -> AbstractContextManager[None]:
        """Only one process at a time runs an automation; a killed one lets go.

        Raises:
            Busy: another process is running it.
        """
        return self._database.alone(f"the run of {automation!r}")

    def start(
        self,
        automation: str,
        fingerprint: str,
        *,
        facts: Mapping[str, Any] | None = None,
        fresh: bool = False,
        new_id: str = "",
    ) -> Run:
        """The newest unfinished run with an equal fingerprint, or a new one; ``fresh`` means: a new one anyway.

        Other unfinished runs of the automation are abandoned. A new one with an id that there is already is that one.
        """
        with self._database.writing(f"runs:{automation}") as connection:
            query = _resumable(automation, fingerprint)
            found = None if fresh else connection.execute(query).mappings().first()
            connection.execute(RUNS.update().where(_open(automation)).values(state="abandoned", changed=now()))
            if found:
                row = {**found, "state": "running", "changed": now(), "error": ""}
                connection.execute(RUNS.update().where(RUNS.c.id == row["id"]).values(row))
                return _run(row, resumed=True)
            if new_id and (known := connection.execute(select(RUNS).where(RUNS.c.id == new_id)).mappings().first()):
                return _run(known, resumed=True)
            row = {
                "id": new_id or uuid.uuid4().hex,
                "automation": automation,
                "fingerprint": fingerprint,
                "state": "running",
            }
            row |= {"started": now(), "changed": now(), "facts": to_text(facts or {}), "error": ""}
            connection.execute(RUNS.insert(), [row])
            return _run(row)

    def unfinished(self, automation: str, fingerprint: str) -> Run | None:
        """The run that :meth:`start` would go on with."""
        with self._database.reading() as connection:
            row = connection.execute(_resumable(automation, fingerprint)).mappings().first()
        return None if row is None else _run(row)

    def get(self, run: str) -> Run | None:
        with self._database.reading() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == run)).mappings().first()
        return None if row is None else _run(row)

    def kept(self, run: str, what: str) -> Any | None:
        """What :meth:`keep` kept, or None."""
        query = select(STEPS.c.result).where(STEPS.c.run == run, STEPS.c.step == what)
        with self._database.reading() as connection:
            text = connection.scalar(query)
        return None if text is None else from_text(text)

    def keep(self, run: str, what: str, result: dict[str, Any]) -> dict[str, Any]:
        """Keep of a run what deciding needs, as JSON values; saying it again changes nothing."""
        row = {"run": run, "step": what, "result": to_text(result), "seconds": 0.0, "finished": now()}
        with self._database.writing() as connection:
            connection.execute(self._database.insert_new(STEPS), [row])
        return result

    def go_on(self, run: str) -> None:
        self._become(run, "running", "")

    def finish(self, run: str) -> None:
        self._become(run, "finished", "")

    def fail(self, run: str, error: str) -> None:
        """It stopped with an error; :meth:`start` with the same fingerprint goes on with it."""
        self._become(run, "failed", error)

    def abandon(self, run: str, error: str) -> None:
        """It stopped with an error that lies in what it had collected; :meth:`start` begins anew."""
        self._become(run, "abandoned", error)

    def list(self, automation: str | None = None, limit: int = 100) -> "list[Run]":
        """Newest first."""
        query = select(RUNS).order_by(RUNS.c.started.desc()).limit(limit)
        if automation is not None:
            query = query.where(RUNS.c.automation == automation)
        with self._database.reading() as connection:
            return [_run(row) for row in connection.execute(query).mappings()]

    def latest(self, automation: str) -> Run | None:
        """The newest run, whatever became of it."""
        return next(iter(self.list(automation, limit=1)), None)

    def automations(self) -> "list[str]":
        """Those that were ever run."""
        with self._database.reading() as connection:
            return [*connection.scalars(select(RUNS.c.automation).distinct().order_by(RUNS.c.automation))]

    def cancel(self, run: str) -> None:
        """Someone stopped it for good, unless they go on with it themselves; one that has ended stays as it is."""
        ended = RUNS.c.state.in_(("finished", "abandoned"))
        with self._database.writing() as connection:
            values = {"state": "cancelled", "error": "", "changed": now()}
            connection.execute(RUNS.update().where(RUNS.c.id == run, ~ended).values(values))

    def _become(self, run: str, state: State, error: str) -> None:
        values = {"state": state, "error": storable(error), "changed": now()}
        with self._database.writing() as connection:
            connection.execute(RUNS.update().where(RUNS.c.id == run).values(values))


def _open(automation: str) -> ColumnElement[bool]:
    return and_(RUNS.c.automation == automation, RUNS.c.state.in_(("running", "failed")))


def _resumable(automation: str, fingerprint: str) -> Select[Any]:
    return select(RUNS).where(_open(automation), RUNS.c.fingerprint == fingerprint).order_by(RUNS.c.started.desc())


def _run(row: Mapping[Any, Any], *, resumed: bool = False) -> Run:
    plain = {name: row[name] for name in ("id", "automation", "fingerprint", "state", "started", "changed", "error")}
    return Run(**plain, facts=from_text(row["facts"]), resumed=resumed)
