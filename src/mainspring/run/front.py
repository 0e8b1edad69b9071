"""Front: what the workspace forwards to, with the desks it keeps open."""

import importlib
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation import Automation
from mainspring.automation.source import Source
from mainspring.backends.opening import Backends
from mainspring.errors import BadRecord, BusError, Busy, MainspringError, MissingExtra, NotFound
from mainspring.model import SEVERAL, Model
from mainspring.run import decide
from mainspring.run.challenge.judge import judge, standing_of
from mainspring.run.desk import CHAMPION, Desk, bad_record, known_automations, open_desk
from mainspring.run.feedback.hear import hear
from mainspring.run.feedback.realised import realised
from mainspring.run.feedback.settled import ripens
from mainspring.run.kinds import LOADING, PLAN, TRAIN, WATCH
from mainspring.run.live.later import Later
from mainspring.run.live.row import row_of
from mainspring.run.place import report_path, surroundings
from mainspring.run.progress import RunProgress
from mainspring.run.replay import receipt_of, replay
from mainspring.run.result import RunResult
from mainspring.run.start import Start
from mainspring.run.stream.streams import Streams
from mainspring.run.watch.meter import Meter
from mainspring.run.watch.serving.sketcher import Sketcher
from mainspring.steps.source.collect import collect
from mainspring.steps.source.reader import Surroundings
from mainspring.table import Rows, to_arrow

Record = Mapping[str, Any]
NOTICED = 0.5
"""Asking the database which version decides costs more than deciding; it is asked this often at most."""


SLOW = 0.5
"""Seconds from which on what was earned is not counted again for every outcome that comes."""


class Train(Protocol):
    def __call__(
        self, automation: Automation, backends: Backends, around: Surroundings, progress: RunProgress, start: Start
    ) -> RunResult: ...


class Load(Protocol):
    def __call__(self, automation: Automation, engine: Executor) -> None: ...


class Foresee(Protocol):
    def __call__(self, automation: Automation, backends: Backends, around: Surroundings) -> dict[str, Any]: ...


class Keep(Protocol):
    def __call__(self, backends: Backends, name: str, version: int) -> None: ...


class Front:
    """Keeps the desk of each automation's champion open until another version is promoted."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._desks: dict[str, tuple[object, Desk]] = {}
        self._warm: set[str] = set()
        self._realised: dict[str, tuple[object, dict[str, Any] | None]] = {}
        self._lock = threading.Lock()
        self._unarchived: set[str] = set()
        self._looked: dict[str, float] = {}
        self._forgotten = 0
        self.streams = Streams(backends, self.desk, self._unarchived, lambda: self._around(Path.cwd()))
        self._meter = Meter(backends.service)
        self._sketcher = Sketcher(backends.sketches)
        self._judge_after: dict[str, float] = {}
        self._earn_after: dict[str, float] = {}
        self._later = Later(lambda desk, made: decide.keep(desk, backends, made))

    def run(self, automation: Automation | str | Path, progress: RunProgress, start: Start) -> RunResult:
        automation, folder = _declared(automation)
        load: Load = importlib.import_module(LOADING).load_learners
        load(start.applied(automation), self._backends.engine)
        module, _, name = TRAIN.partition(":")
        train: Train = getattr(importlib.import_module(module), name)
        try:
            result = train(automation, self._backends, self._around(folder), progress, start)
            self._keep_reference(result.automation, result.version)
            return result
        finally:
            self.forget()

    def plan(self, automation: Automation | str | Path, start: Start) -> dict[str, Any]:
        automation, folder = _declared(automation)
        module, _, name = PLAN.partition(":")
        foresee: Foresee = getattr(importlib.import_module(module), name)
        return foresee(start.applied(automation), self._backends, self._around(folder))

    def ended(self, kind: str, result: Mapping[str, Any]) -> None:
        """A flow that was not begun by :meth:`run` came to its end here."""
        if kind in ("run", "retrain"):
            self._keep_reference(result["automation"], result["version"])
        self.forget()

    def _keep_reference(self, name: str, version: int | None) -> None:
        """What the new version is compared with while it is watched: made now, while the rows it learned from are sure to be there."""
        if version is None:
            return
        keep: Keep = importlib.import_module(WATCH).keep_reference
        # A run that has ended well stays so: a reference that could not be made is made at the first look.
        with suppress(MainspringError):
            keep(self._backends, name, version)

    def predict(self, name: str, rows: Rows, *, version: int | None, strict: bool) -> pa.Table:
        desk = self.desk(name) if version is None else open_desk(self._backends, name, version)
        if desk.model is None:
            raise self._no_model(name)
        if strict or isinstance(rows, Mapping):
            return self._predict_records(desk, _records(rows), strict=strict)
        return desk.model.predict(desk.protector.apply(_with_protected(desk, to_arrow(rows))))

    def predict_each(self, name: str, records: Sequence[Record]) -> "list[dict[str, Any] | BadRecord]":
        """An answer a record, or what is wrong with it."""
        desk = self.desk(name)
        if desk.model is None:
            raise self._no_model(name)
        protected = [desk.protect(record) for record in records]
        wrong = {place: bad_record(name, told) for place, told in desk.plan.problems_among(protected).items()}
        good = [record for place, record in enumerate(protected) if place not in wrong]
        answers = iter(_predicted(desk.model, desk, good))
        return [wrong.get(place) or next(answers) for place in range(len(records))]

    def _no_model(self, name: str) -> NotFound:
        return NotFound("model of", name, self._backends.registry.automations())

    def _predict_records(self, desk: Desk, records: list[dict[str, Any]], *, strict: bool) -> pa.Table:
        assert desk.model is not None  # the caller has looked
        protected = [desk.protect(record) for record in records]
        if strict and (wrong := desk.plan.problems_among(protected)):
            raise bad_record(desk.automation.name, wrong[min(wrong)])
        if len(protected) > SEVERAL:
            return desk.model.predict(desk.table(protected))
        answers = [dict(answer) for answer in desk.answers(protected)]
        return pa.Table.from_pylist(answers, schema=desk.model.card.answer)

    def decide(self, name: str, rows: Rows, *, occasion: str, reasons: bool, strict: bool) -> pa.Table:
        records, desk = _records(rows), self.desk(name)
        self._unarchived.add(name)
        with self._meter.timing(name, len(records)):
            return decide.decide(desk, self._backends, records, occasion=occasion, reasons=reasons, strict=strict)

    def decide_each(
        self, name: str, records: Sequence[Record], occasion: str | Sequence[str], *, reasons: bool, durable: bool
    ) -> "list[dict[str, Any] | BadRecord]":
        """An answer a record, or what is wrong with it."""
        desk = self.desk(name)
        self._unarchived.add(name)
        with self._meter.timing(name, len(records)):
            ahead = None if durable else decide.decide_ahead(desk, records, occasion, reasons=reasons)
            if ahead is not None and self._later.take(desk, ahead[0]):
                decided, wrong = ahead[0].decided, ahead[1]
            else:
                decided, wrong = decide.decide_each(desk, self._backends, records, occasion, reasons=reasons)
        row = row_of(desk)
        return [bad_record(name, wrong[i]) if i in wrong else row(decided[i], records[i]) for i in range(len(records))]

    def feedback(self, name: str, rows: Rows) -> dict[str, int]:
        desk = self.desk(name)
        heard = hear(desk, self._backends, _records(rows))
        if heard["accepted"] and desk.rival is not None and time.monotonic() > self._judge_after.get(name, 0.0):
            self.judge(name, desk)
        return heard

    def judge(self, name: str, desk: Desk | None = None) -> str | None:
        began = time.monotonic()
        state = judge(self._backends, name, desk or self.desk(name))
        # Looking is work for every outcome there is: no more than a twentieth of the time is spent on it.
        self._judge_after[name] = time.monotonic() + 20 * (time.monotonic() - began)
        if state is not None:
            self.forget()
        return state

    def open_all(self) -> list[str]:
        names = known_automations(self._backends)
        for name in names:
            desk = self.desk(name)
            if name not in self._warm:
                desk.warm()
                self._warm.add(name)
        return names

    def automations(self) -> list[dict[str, Any]]:
        return [self._about(name) for name in known_automations(self._backends)]

    def _about(self, name: str) -> dict[str, Any]:
        desk = self.desk(name, newest=True)
        return {
            "name": name, "about": desk.automation.about, "champion": desk.decider.model_version,
            "versions": len(self._backends.registry.versions(name)),
            "decisions": sum(self._backends.decisions.counts(name).values()),
        }  # fmt: skip

    def status(self, name: str) -> dict[str, Any]:
        desk = self.desk(name, newest=True)
        by_action = self._backends.decisions.counts(name)
        last = self._backends.runs.latest(name)
        return self._about(name) | {
            "by_action": by_action, "outcomes": self._backends.feedback.count(name),
            "actions": self._backends.outbox.counts(name), "realised": self._earned(name, desk),
            "policy_version": desk.decider.policy_version,
            "metrics": dict(desk.model.card.metrics) if desk.model else {},
            "challenge": standing_of(desk, self._backends), "sketched": self._sketched(name),
            "last_run": None if last is None else {"id": last.id, "state": last.state, "started": last.started.isoformat()},
        }  # fmt: skip

    def _sketched(self, name: str) -> dict[str, Any]:
        rows, since = self._backends.sketches.counts(name)
        return {"rows": rows, "since": None if since is None else since.isoformat()}

    def _earned(self, name: str, desk: Desk) -> dict[str, Any] | None:
        # Counting again what was earned is work for every outcome there is; it changes only when one comes.
        # Or with time, where outcomes ripen.
        mark = (self._backends.feedback.newest(name), desk.decider.policy_version, ripens(desk) and time.time() // 60)
        known = self._realised.get(name)
        if known is None or (known[0] != mark and time.monotonic() > self._earn_after.get(name, 0.0)):
            began = time.monotonic()
            known = self._realised[name] = (mark, realised(desk, self._backends))
            spent = time.monotonic() - began
            # Where there are very many outcomes, no more than a twentieth of the time is spent on it.
            self._earn_after[name] = time.monotonic() + (20 * spent if spent > SLOW else 0.0)
        return known[1]

    def explain(self, name: str, decision: str) -> dict[str, Any]:
        found = self._backends.decisions.find(decision)
        if found is None or found.automation != name:
            raise NotFound("decision", decision)
        return {
            "decision": found.id, "automation": name, "key": found.key, "action": found.action, "at": found.at.isoformat(),
            "prediction": found.prediction, **found.coverage, "probabilities": dict(found.probabilities), "gain": found.gain,
            "record": dict(found.record), "model_version": found.model_version, "policy_version": found.policy_version,
            "occasion": found.occasion,
            "reasons": [asdict(reason) for reason in found.reasons], "receipt": receipt_of(found),
            "outcomes": self._backends.feedback.history(decision),
        }  # fmt: skip

    def replay(self, decision: str) -> dict[str, Any]:
        return replay(self._backends, decision)

    def protect(self, name: str, rows: Rows) -> pa.Table:
        desk = self.desk(name)
        return desk.protector.apply(_with_protected(desk, to_arrow(rows)))

    def report(self, name: str, version: int | None) -> Path:
        found = self._backends.registry.get(name, CHAMPION if version is None else version)
        path = report_path(self._backends, name, found.version)
        if not path.exists():
            raise NotFound("report of", f"{name} version {found.version}")
        return path

    def read_rows(self, path: Path) -> pa.Table:
        batches = list(collect(Source(table=str(path)), self._around(Path.cwd())))
        return pa.Table.from_batches(batches)

    def archive(self, name: str) -> int:
        return self._backends.decisions.archive(name, self._backends.lake)

    def archive_all(self) -> None:
        """Publish and archive what was decided here, and keep how. Where another process is archiving, it takes these along."""
        self._later.close()
        self._meter.flush()
        self._sketcher.close()
        with suppress(BusError, MissingExtra):
            self.streams.publish()
        for name in self._unarchived:
            with suppress(Busy):
                self.archive(name)

    def _around(self, folder: Path) -> Surroundings:
        return surroundings(self._backends, folder)

    def forget(self) -> None:
        """Look again, at the next question, which versions decide."""
        self._forgotten += 1
        self._looked.clear()

    def desk(self, name: str, *, newest: bool = False) -> Desk:
        """The desk of the present champion. What another process promoted or ran is noticed within ``NOTICED`` seconds.

        While one opens the next version the others go on with the one before it, but for who asks for the ``newest``.
        """
        known = self._desks.get(name)
        if known is not None and time.monotonic() - self._looked.get(name, 0.0) < NOTICED:
            return known[1]
        if not self._lock.acquire(blocking=newest or known is None):
            assert known is not None  # nobody waits but for want of it
            return known[1]
        try:
            forgotten, mark = self._forgotten, self._mark(name)
            known = self._desks.get(name)
            if known is None or known[0] != mark:
                desk = replace(open_desk(self._backends, name), noted=self._sketcher.note)
                if name in self._warm:
                    # Whoever made the version before it ready goes on asking: others answer with that one meanwhile.
                    desk.warm()
                known = self._desks[name] = (mark, desk)
            # Whoever had it forgotten meanwhile changed what was looked at.
            if forgotten == self._forgotten:
                self._looked[name] = time.monotonic()
        finally:
            self._lock.release()
        return known[1]

    def _mark(self, name: str) -> object:
        standing = self._backends.registry.standing(name)
        if standing is None:
            return self._newest_run(name)
        challenge = self._backends.challenges.running(name)
        return standing, None if challenge is None else challenge.number

    def _newest_run(self, name: str) -> object:
        last = self._backends.runs.latest(name)
        return None if last is None else (last.id, last.state)


def _declared(automation: Automation | str | Path) -> tuple[Automation, Path]:
    """The declaration, and the folder from which its files are named."""
    if isinstance(automation, Automation):
        return automation, Path.cwd()
    return Automation.from_file(automation), Path(automation).absolute().parent


def _records(rows: Rows) -> list[dict[str, Any]]:
    if isinstance(rows, Mapping):
        return [dict(rows)]
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):  # pyright: ignore[reportUnnecessaryIsInstance]
        # As they came: an odd value in one record must not change the types of the others.
        return [dict(row) for row in rows]
    return _nan_is_missing(to_arrow(rows)).to_pylist()


def _nan_is_missing(table: pa.Table) -> pa.Table:
    """In frames NaN is how a missing number is written; in a single record it is a mistake, and refused as one."""
    for i, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            column = table.column(i)
            table = table.set_column(i, field, pc.if_else(pc.is_nan(column), None, column))
    return table


def _with_protected(desk: Desk, table: pa.Table) -> pa.Table:
    """Protected columns that the rows lack, as nulls, so that the others can be protected."""
    for name in desk.automation.prepare.protect:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(len(table), pa.string()))
    return table


def _predicted(model: Model, desk: Desk, records: Sequence[Record]) -> "list[dict[str, Any] | BadRecord]":
    """Of protected records."""
    with suppress(BadRecord):  # which of them is told one by one
        return [dict(answer) for answer in desk.answers(records)]
    found: list[dict[str, Any] | BadRecord] = []
    for record in records:
        try:
            found.append(dict(model.predict_one(record)))
        except BadRecord as error:
            found.append(error)
    return found
