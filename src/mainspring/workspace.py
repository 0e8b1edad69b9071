"""Workspace: the front door. Open it, then run, predict, decide, and tell it what happened."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Settings, Urls, open_backends, write_default
from mainspring.backends.store.lake import Lake
from mainspring.run.access.keys import Keys
from mainspring.run.access.once import Once
from mainspring.run.contract.contracts import Contracts
from mainspring.run.deliver import Actions
from mainspring.run.flows.backups import Backups
from mainspring.run.flows.runs import Runs
from mainspring.run.flows.schedules import Schedules
from mainspring.run.front import Front
from mainspring.run.journal.customers import Customers
from mainspring.run.journal.journal import Journal
from mainspring.run.labels.labels import Labels
from mainspring.run.live.live import Live
from mainspring.run.progress import RunProgress, Silent
from mainspring.run.promote import Models
from mainspring.run.result import RunResult
from mainspring.run.start import Start
from mainspring.run.stream.streams import Streams
from mainspring.run.stream.topics import Topics
from mainspring.run.triggers.loop import Loop
from mainspring.run.watch.watching import Alarms, Watching
from mainspring.table import Rows

DEFAULT = ".mainspring"


class Workspace:
    """Where automations live: a folder, or the URLs of where things are kept and run (``mainspring.toml`` may name them).

    ``models`` are the versions, ``actions`` the outbox, ``lake`` the tables, ``topics`` the events, ``streams`` who decides on
    them, ``watching`` looks at what was decided, ``alerts`` are what it found, ``loop`` learns anew when it is time
    and draws who feeds whom, ``runs`` what was carried out, ``schedules`` what will be, ``backups`` copies of
    it all, ``labels`` those that people give, ``keys`` say who may ask the gateway, ``journal`` the decisions for people who look at them,
    ``customers`` for those they are about, ``live`` is what the gateway asks, ``contracts`` say what a record may
    bring, ``once`` does what is asked again only once. Thread-safe; close it, or use it as a context.

    >>> with Workspace(".mainspring") as workspace:                       # doctest: +SKIP
    ...     workspace.run("retention.yaml")
    ...     workspace.decide("retention", {"tenure": 4, "contract": "Month-to-month"})
    """

    models: Models
    actions: Actions
    lake: Lake
    topics: Topics
    streams: Streams
    watching: Watching
    alerts: Alarms
    loop: Loop
    place: Path
    runs: Runs
    schedules: Schedules
    backups: Backups
    keys: Keys
    labels: Labels
    journal: Journal
    customers: Customers
    live: Live
    contracts: Contracts
    once: Once

    def __init__(self, place: str | Path | Urls = DEFAULT) -> None:
        """Open a workspace; what is not there yet is made.

        Raises:
            SpecError: a setting is wrong. StoreError: something cannot be opened. MissingExtra: a driver is not installed.
        """
        settings = Settings(Path(DEFAULT).absolute(), place) if isinstance(place, Urls) else Settings.read(place)
        self.place = settings.place
        self._backends = open_backends(settings)
        self._front = Front(self._backends)
        self.models = Models(self._backends, self._front.forget, self._front.ended)
        self.actions = Actions(self._backends)
        self.lake = self._backends.lake
        self.topics = Topics(self._backends)
        self.streams = self._front.streams
        self.watching = Watching(self._backends, self._front.desk)
        self.alerts = Alarms(self._backends)
        self.loop = Loop(self._backends, self._front.desk, lambda name, why: self.models.retrain(name, why=why))
        self.runs = Runs(self._backends, self._front.ended)
        self.schedules = Schedules(self._backends)
        self.labels = Labels(self._backends)
        self.backups = Backups(self._backends, self._front.forget)
        self.keys = Keys(self._backends)
        self.journal = Journal(self._backends, self._front.desk)
        self.customers = Customers(self._backends, self._front.desk, self.topics)
        self.live = Live(
            self._front.decide_each, self._front.predict_each, self._front.open_all, self._backends.decisions
        )
        self.once = Once(self._backends)
        self.contracts = Contracts(self._backends, self._front.desk)

    @classmethod
    def create(cls, place: str | Path = DEFAULT) -> Self:
        """Make a workspace with a commented ``mainspring.toml``, which is kept where there is one already."""
        write_default(Path(place))
        return cls(place)

    def run(
        self,
        automation: Automation | str | Path,
        *,
        progress: RunProgress | None = None,
        fresh: bool = False,
        resume: bool = False,
        budget: str | float | None = None,
        candidates: Sequence[str] = (),
    ) -> RunResult:
        """Collect, prepare, learn, evaluate, register, report. An interrupted run of the same declaration is resumed.

        ``fresh`` starts over: a new run, all rows again, the columns as they are now. ``resume`` goes on with what was
        interrupted, or refuses. ``budget`` (``"5m"``, or seconds) and ``candidates`` are for this run in place of the
        declared ``learn.limits.time`` and ``learn.candidates``, and are kept with it; only a run with the same is resumed.

        Raises:
            SpecError: the declaration is wrong. SourceError, QualityError, LearnError, StoreError: of the step that failed.
        """
        return self._front.run(automation, progress or Silent(), Start(fresh, resume, budget, tuple(candidates)))

    def plan(
        self, automation: Automation | str | Path, *, budget: str | float | None = None, candidates: Sequence[str] = ()
    ) -> dict[str, Any]:
        """What a run is going to take, without running it: rows of the source are looked at, the machine is tried for a moment.

        ``expected`` has ``seconds`` from learning on, bytes of ``memory`` and of ``disk``; ``candidates`` have the seconds of a
        fit each; ``basis`` says what this is told from.

        Raises:
            SpecError: the declaration is wrong, or learns nothing. SourceError, QualityError: the rows cannot be read or learned from.
        """
        return self._front.plan(automation, Start(budget=budget, candidates=tuple(candidates)))

    def predict(self, name: str, rows: Rows, *, version: int | None = None, strict: bool = False) -> pa.Table:
        """The model's answers, a row each: ``prediction``, and for classes ``probability_<class>``. Nothing is recorded.

        A value that cannot be read counts as missing; with ``strict`` it is refused.

        Raises:
            NotFound: there is no such automation or version. BadRecord: with ``strict``, naming every wrong field.
        """
        return self._front.predict(name, rows, version=version, strict=strict)

    def decide(
        self, name: str, rows: Rows, *, occasion: str = "", reasons: bool = True, strict: bool = False
    ) -> pa.Table:
        """Decide, record, and queue the actions. Columns: ``decision`` (id), ``key``, ``action``, ``prediction``,
        ``probability_<class>``, ``gain``, ``reasons``, ``model_version``, ``policy_version``, ``at``.

        A wrong row has a null decision and its ``problem``; with ``strict``, or where all are wrong, it is refused.
        The same row on the same ``occasion`` is the same decision.

        Raises:
            NotFound: there is no such automation. BadRecord: naming every wrong field.
        """
        return self._front.decide(name, rows, occasion=occasion, reasons=reasons, strict=strict)

    def feedback(self, name: str, rows: Rows) -> dict[str, int]:
        """Say what happened: rows with ``decision`` (id) or the key column, and ``outcome`` (or the target's name) or ``gain`` or both.

        They may have ``at``, when it happened, and ``partial``: it may still change. Returns how many were ``accepted``, ``repeated``
        (known already), ``corrected``, ``contradictory`` and ``unknown`` (no such decision).

        Raises:
            BadRecord: a row lacks either, or has what cannot be; then no row is taken.
        """
        return self._front.feedback(name, rows)

    def automations(self) -> list[dict[str, Any]]:
        """Every automation that can decide: ``name``, ``about``, ``champion``, ``versions``, ``decisions``."""
        return self._front.automations()

    def status(self, name: str) -> dict[str, Any]:
        """How an automation is doing: champion, decisions by action, outcomes, actions by state, realised gain."""
        return self._front.status(name)

    def explain(self, name: str, decision: str) -> dict[str, Any]:
        """One decision: its record, the reasons with their weights, and what came of it. Raises NotFound."""
        return self._front.explain(name, decision)

    def replay(self, decision: str) -> dict[str, Any]:
        """Make a decision again from what was kept: ``same`` when it comes out bit for bit, else its ``differences``; its ``receipt``.

        Raises:
            NotFound: there is no such decision.
        """
        return self._front.replay(decision)

    def protect(self, name: str, rows: Rows) -> pa.Table:
        """Rows as the lake knows them: the protected columns replaced, to join one's own data with lake tables."""
        return self._front.protect(name, rows)

    def report(self, name: str, version: int | None = None) -> Path:
        """The HTML report of a version, by default the champion's. Raises NotFound."""
        return self._front.report(name, version)

    def read_rows(self, path: str | Path) -> pa.Table:
        """The rows of a file of any kind that a source can be."""
        return self._front.read_rows(Path(path))

    def archive(self, name: str) -> int:
        """Move decisions that are not there yet to the lake's ``<name>.decisions``; how many."""
        return self._front.archive(name)

    def close(self) -> None:
        """Archive the decisions made here to the lake, and let go of everything."""
        try:
            self._front.archive_all()
        finally:
            self._backends.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
