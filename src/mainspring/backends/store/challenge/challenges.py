"""Challenges: which version stands against the champion, what it would have decided, and how it ended."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, select

from mainspring.automation.watch import Challenger
from mainspring.backends.store.audit import enter
from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, to_text
from mainspring.backends.store.tables import CHALLENGES, SHADOWS, now
from mainspring.backends.store.watching.alerts import Alerting
from mainspring.decision import Decision

Mode = Literal["shadow", "canary"]
State = Literal["running", "promoted", "rejected", "undecided", "stopped"]


@dataclass(frozen=True, slots=True)
class Challenge:
    """``version`` against ``champion``: in a *shadow* it decides about everything and nothing is done, in a *canary* about a ``share``.

    ``failures`` counts records about which it could not decide though the champion could; ``evidence`` is what ended it. ``within``
    (seconds) and ``decisions`` are its declared limits.
    """

    number: int
    automation: str
    version: int
    champion: int
    mode: Mode
    share: float
    at_least: int
    started: datetime
    ended: datetime | None
    state: State
    failures: int
    evidence: Mapping[str, Any]
    within: float | None = None
    decisions: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        plain = {
            name: getattr(self, name)
            for name in ("version", "champion", "mode", "share", "at_least", "within", "decisions", "state", "failures")
        }
        times = {"started": self.started.isoformat(), "ended": None if self.ended is None else self.ended.isoformat()}
        return {**plain, **times, **self.evidence}


class Challenges:
    def __init__(self, database: Database) -> None:
        self._database = database

    def start(
        self, automation: str, versions: tuple[int, int], terms: Challenger, *, by: str, why: str = ""
    ) -> Challenge:  # fmt: skip
        """``versions`` are the challenger's and the champion's. One that is running for the automation is stopped."""
        told: dict[str, Any] = {"version": versions[0], "champion": versions[1], **terms.model_dump()}
        row = {
            **told,
            "automation": automation,
            "started": now(),
            "state": "running",
            "failures": 0,
            "evidence": to_text({}),
        }
        with self._database.writing(f"models:{automation}") as connection:
            before = _running(connection, automation)
            if before is not None:
                _end(connection, before, "stopped", {"why": f"version {versions[0]} takes its place"}, by)
            connection.execute(CHALLENGES.insert(), [row])
            enter(connection, automation, "challenge begun", by=by, facts={**told, "why": why})
            made = _running(connection, automation)
        assert made is not None  # it was written a moment ago
        return made

    def running(self, automation: str) -> Challenge | None:
        """Cheap: to be asked before deciding."""
        with self._database.reading() as connection:
            return _running(connection, automation)

    def list(self, automation: str) -> "list[Challenge]":
        """Newest first."""
        query = select(CHALLENGES).where(CHALLENGES.c.automation == automation).order_by(CHALLENGES.c.number.desc())
        with self._database.reading() as connection:
            return [_challenge(row) for row in connection.execute(query).mappings()]

    def end(
        self, challenge: Challenge, state: State, evidence: Mapping[str, Any], *, by: str,
        tell: Callable[[Alerting], None] | None = None,
    ) -> bool:  # fmt: skip
        """Whether it was still running: of several that end it at once, one does. ``tell`` alerts people in the same transaction."""
        with self._database.writing(f"models:{challenge.automation}") as connection:
            here = _running(connection, challenge.automation)
            if here is None or here.number != challenge.number:
                return False
            _end(connection, challenge, state, evidence, by)
            if tell is not None:
                tell(Alerting(connection, challenge.automation))
        return True

    def shadows(self, challenge: Challenge) -> dict[str, str]:
        """The champion's decision → the action that the challenger would have taken."""
        query = select(SHADOWS.c.decision, SHADOWS.c.action).where(SHADOWS.c.challenge == challenge.number)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def put_shadows(connection: Connection, challenge: int, made: Iterable[tuple[str, Decision]]) -> None:
    """Journal what a challenger would have decided, each beside the id of the champion's decision, in the caller's transaction."""
    rows = [
        {
            "challenge": challenge, "decision": id, "action": shadow.action, "prediction": to_text(shadow.prediction),
            "probabilities": to_text(shadow.probabilities), "gain": shadow.gain, "at": shadow.at,
        }
        for id, shadow in made
    ]  # fmt: skip
    if rows:
        connection.execute(SHADOWS.insert(), rows)


def count_failures(connection: Connection, challenge: int, failures: int) -> None:
    change = CHALLENGES.update().where(CHALLENGES.c.number == challenge)
    connection.execute(change.values(failures=CHALLENGES.c.failures + failures))


def _running(connection: Connection, automation: str) -> Challenge | None:
    here = and_(CHALLENGES.c.automation == automation, CHALLENGES.c.state == "running")
    row = connection.execute(select(CHALLENGES).where(here)).mappings().first()
    return None if row is None else _challenge(row)


def _end(connection: Connection, challenge: Challenge, state: State, evidence: Mapping[str, Any], by: str) -> None:
    values = {"state": state, "ended": now(), "evidence": to_text(evidence)}
    connection.execute(CHALLENGES.update().where(CHALLENGES.c.number == challenge.number).values(values))
    told = {"version": challenge.version, "champion": challenge.champion, "mode": challenge.mode, "state": state}
    enter(connection, challenge.automation, "challenge ended", by=by, facts={**told, "evidence": dict(evidence)})


def _challenge(row: Mapping[Any, Any]) -> Challenge:
    return Challenge(**{**row, "evidence": from_text(row["evidence"])})
