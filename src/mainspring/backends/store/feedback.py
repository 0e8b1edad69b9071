"""Feedback: what happened after decisions. Hearing the same twice is once; a later word corrects an earlier one, and what is final
what was known so far."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, false, func, select

from mainspring.backends.store.database import Database, parts
from mainspring.backends.store.decisions import about
from mainspring.backends.store.json_text import from_text, to_text
from mainspring.backends.store.tables import DECISIONS, FEEDBACK, STRAY_FEEDBACK, now
from mainspring.errors import BadRecord

OWN = ("decision_id", "key", "outcome", "at", "gain", "partial", "since")


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of the rows told: ``accepted`` were new, ``repeated`` were known. Of the former ``corrected`` changed an earlier
    outcome, ``contradictory`` ones said otherwise of the very same moment. ``unknown`` are the decision ids and keys of which there is no
    decision; their rows are kept aside.
    """

    accepted: int
    repeated: int
    corrected: int
    contradictory: int
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision and what happened after it. ``gain`` is what was expected of it, ``earned`` what is said to have been gained in money.

    What is ``partial`` is known so far and may change. Where nothing was ``heard``, outcome and moment are None.
    """

    decision_id: str
    key: str | None
    action: str
    prediction: str | int | float | bool | None
    gain: float | None
    model_version: int | None
    decided: datetime
    outcome: str | int | float | bool | None
    at: datetime | None
    probabilities: Mapping[str, float]
    propensity: float | None
    earned: float | None
    partial: bool
    number: int | None

    @property
    def heard(self) -> bool:
        return self.number is not None


_DECIDED = ("id", "key", "action", "prediction", "gain", "model_version", "probabilities", "propensity")
_AS_IS = ("key", "action", "gain", "model_version", "propensity", "decided", "at", "number", "earned")


class Feedback:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, automation: str, rows: Sequence[Mapping[str, Any]]) -> Heard:
        """Take all rows in one transaction.

        A row has ``decision_id`` and ``outcome`` (or ``gain``, or both), may have ``at`` (a datetime; now when absent), ``partial``, and
        whatever else is worth keeping. With ``key`` in place of the id, the newest decision about it is meant that was made by
        ``at``, and not before ``since``. Of two outcomes of a decision the one with the later ``at`` counts, but one that is
        partial never in place of one that is not; all stay in the history.

        Raises:
            BadRecord: a row lacks outcome and gain, or says of no decision; then no row is taken.
        """
        _check(rows)
        with self._database.writing(f"feedback:{automation}") as connection:
            ids = _ids(connection, automation, rows)
            known = _known(connection, automation, [id for id in ids if id is not None])
            stray = [row for row, id in zip(rows, ids, strict=True) if id not in known]
            told = [(id, row) for row, id in zip(rows, ids, strict=True) if id is not None and id in known]
            counts = _Ledger(connection, automation, sorted({id for id, _ in told})).enter(told)
            if stray:
                aside = [_aside(automation, row) for row in stray]
                connection.execute(self._database.insert_new(STRAY_FEEDBACK), aside)
        names = (str(row.get("decision_id", row.get("key"))) for row in stray)
        return Heard(*counts, unknown=tuple(dict.fromkeys(names)))

    def outcomes(self, automation: str, *, since: datetime | None = None, silent: bool = False) -> list[Outcome]:
        """The decisions of which the outcome is known, oldest first; only those decided at or after ``since``.

        With ``silent``, those too of which nothing was heard.
        """
        words = [FEEDBACK.c[name] for name in ("outcome", "at", "partial", "number")]
        said = and_(FEEDBACK.c.decision == DECISIONS.c.id, FEEDBACK.c.automation == automation, FEEDBACK.c.current)
        query = (
            select(*(DECISIONS.c[n] for n in _DECIDED), DECISIONS.c.at.label("decided"), *words, FEEDBACK.c.gain.label("earned"))
            .select_from(DECISIONS.join(FEEDBACK, said, isouter=silent))
            .where(DECISIONS.c.automation == automation)
            .order_by(DECISIONS.c.number)
        )  # fmt: skip
        if since is not None:
            query = query.where(DECISIONS.c.at >= since)
        with self._database.reading() as connection:
            return [_outcome(row) for row in connection.execute(query).mappings()]

    def history(self, decision_id: str) -> list[dict[str, Any]]:
        """All that was ever heard after a decision, as it came: ``outcome``, ``gain``, ``partial``, ``at``, ``received``, ``extra``,
        ``current``."""
        query = select(FEEDBACK).where(FEEDBACK.c.decision == decision_id).order_by(FEEDBACK.c.number)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            {**{name: row[name] for name in ("at", "received", "current", "gain", "partial")}}
            | {name: from_text(row[name]) for name in ("outcome", "extra")}
            for row in rows
        ]

    def strays(self, automation: str) -> list[dict[str, Any]]:
        """The rows that were told of no known decision, as they came."""
        query = select(STRAY_FEEDBACK.c.row).where(STRAY_FEEDBACK.c.automation == automation)
        with self._database.reading() as connection:
            return [from_text(text) for text in connection.scalars(query.order_by(STRAY_FEEDBACK.c.number))]

    def newest(self, automation: str) -> int:
        """The number of the last outcome taken in: grows whenever something new is known."""
        query = select(func.max(FEEDBACK.c.number)).where(FEEDBACK.c.automation == automation)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def since(self, automation: str, number: int, ripe: datetime | None = None) -> int:
        """How many decisions have an outcome that counts and was taken in after that number; with ``ripe``, of those decided by then, what
        is partial counts too."""
        here = [FEEDBACK.c.automation == automation, FEEDBACK.c.current, FEEDBACK.c.number > number]
        if ripe is None:
            query = select(func.count()).where(*here, FEEDBACK.c.partial == false())
        else:
            joined = FEEDBACK.join(DECISIONS, DECISIONS.c.id == FEEDBACK.c.decision)
            query = select(func.count()).select_from(joined).where(*here, DECISIONS.c.at <= ripe)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def count(self, automation: str) -> int:
        """How many decisions have a known outcome."""
        query = select(func.count()).where(FEEDBACK.c.automation == automation, FEEDBACK.c.current)
        with self._database.reading() as connection:
            return connection.scalar(query) or 0


class _Said(NamedTuple):
    outcome: str
    gain: float | None
    partial: bool


class _Ledger:
    """The outcomes that count now, of some decisions, brought up to date row by row."""

    def __init__(self, connection: Connection, automation: str, ids: Sequence[str]) -> None:
        self._connection = connection
        self._automation = automation
        self._current: dict[str, tuple[_Said, datetime]] = {}
        self._repeated = self._corrected = self._contradictory = 0
        self._past: set[tuple[str, _Said, datetime]] = set()
        for part in parts(ids):
            rows = connection.execute(select(FEEDBACK).where(FEEDBACK.c.decision.in_(part))).mappings()
            for row in rows:
                said = _Said(row["outcome"], row["gain"], row["partial"])
                self._past.add((row["decision"], said, row["at"]))
                if row["current"]:
                    self._current[row["decision"]] = (said, row["at"])

    def enter(self, told: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[int, int, int, int]:
        """Accepted, repeated, corrected, contradictory."""
        received = now()
        new = [line for id, row in told if (line := self._line(id, row, received))]
        superseded = sorted({line["decision"] for line in new if line["current"]})
        for part in parts(superseded):
            self._connection.execute(FEEDBACK.update().where(FEEDBACK.c.decision.in_(part)).values(current=False))
        newest = {line["decision"]: number for number, line in enumerate(new) if line["current"]}
        for number, line in enumerate(new):
            line["current"] = newest.get(line["decision"]) == number
        if new:
            self._connection.execute(FEEDBACK.insert(), new)
        return len(new), self._repeated, self._corrected, self._contradictory

    def _line(self, id: str, row: Mapping[str, Any], received: datetime) -> dict[str, Any] | None:
        said = _Said(to_text(row.get("outcome")), row.get("gain"), bool(row.get("partial")))
        at, before = row.get("at") or received, self._current.get(id)
        if (before and before[0] == said) or (id, said, at) in self._past:
            self._repeated += 1
            return None
        counts = before is None or (not said.partial, at) >= (not before[0].partial, before[1])
        self._past.add((id, said, at))
        if counts:
            self._current[id] = (said, at)
        if before is not None and said.partial == before[0].partial:
            self._corrected += counts and at > before[1]
            self._contradictory += at == before[1]
        extra = {name: value for name, value in row.items() if name not in OWN}
        line = {"automation": self._automation, "decision": id, "at": at, "received": received, **said._asdict()}
        return {**line, "extra": to_text(extra), "current": counts}


def _check(rows: Sequence[Mapping[str, Any]]) -> None:
    for number, row in enumerate(rows, 1):
        missing = {} if "outcome" in row or row.get("gain") is not None else {"outcome": "is missing"}
        if row.get("decision_id") is None and row.get("key") is None:
            missing["decision_id"] = "is missing, and so is the key"
        if missing:
            raise BadRecord("feedback says too little", fields=missing, where=f"row {number}")


def _ids(connection: Connection, automation: str, rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """The id of the decision that each row speaks of; None where its key was never decided about."""
    keys = [str(row["key"]) for row in rows if row.get("decision_id") is None]
    by_key = about(connection, automation, keys) if keys else {}
    return [
        _meant(by_key.get(str(row["key"]), ()), row.get("since"), row.get("at"))
        if row.get("decision_id") is None
        else str(row["decision_id"])
        for row in rows
    ]


def _meant(made: Sequence[tuple[datetime, str]], since: datetime | None, until: datetime | None) -> str | None:
    """Of decisions, oldest first, the newest within the time."""
    within = (id for at, id in reversed(made) if (until is None or at <= until) and (since is None or at >= since))
    return next(within, None)


def _known(connection: Connection, automation: str, ids: Sequence[str]) -> set[str]:
    query = select(DECISIONS.c.id).where(DECISIONS.c.automation == automation)
    asked = list(dict.fromkeys(ids))
    return {id for part in parts(asked) for id in connection.scalars(query.where(DECISIONS.c.id.in_(part)))}


def _aside(automation: str, row: Mapping[str, Any]) -> dict[str, Any]:
    text = to_text(row)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"automation": automation, "row": text, "row_hash": digest, "received": now()}


def _outcome(row: Mapping[Any, Any]) -> Outcome:
    plain = {name: row[name] for name in _AS_IS} | {"partial": bool(row["partial"])}
    told = {name: from_text(row[name]) for name in ("prediction", "probabilities")}
    outcome = None if row["outcome"] is None else from_text(row["outcome"])
    return Outcome(decision_id=row["id"], outcome=outcome, **plain, **told)
