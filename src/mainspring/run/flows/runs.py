"""Runs: what was carried out and what is, and the say over it."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mainspring.automation import Automation
from mainspring.backends.flows.flows import DoneStep, FlowFacts, Result
from mainspring.backends.opening import Backends
from mainspring.errors import NotFound
from mainspring.run.desk import open_rules
from mainspring.run.flows.repertoire import Offered
from mainspring.run.place import source_folder
from mainspring.run.progress import RunProgress


class Runs:
    """Runs, campaigns, backups and promotions of a workspace, in every process; they resume at the step they were in."""

    def __init__(self, backends: Backends, ended: Callable[[str, Result], None]) -> None:
        self._backends = backends
        self._offered = Offered(backends, ended)

    def list(self, name: str | None = None, limit: int = 100) -> "list[dict[str, Any]]":
        """Newest first: ``run`` (its id), ``kind``, ``subject``, ``state``, ``began``, ``changed``, ``error``, ``schedule``.

        States are ``waiting``, ``running``, ``interrupted`` (its process is gone: resume it), ``finished``, ``failed`` (can be
        resumed), ``cancelled`` and ``abandoned`` (begun anew instead).
        """
        found = self._backends.flows.open().list(limit)
        return [self._plain(one) for one in found if name in (None, one.subject)]

    def show(self, run: str) -> dict[str, Any]:
        """One run, with its ``steps``: ``step``, ``began``, ``seconds``, ``size`` (bytes of the result kept), ``told``, ``error``.

        Raises:
            NotFound: there is no such run.
        """
        return {**self._plain(self._found(run)), "steps": list(map(_step, self._backends.flows.open().steps(run)))}

    def folder(self, name: str) -> Path:
        """The folder from which the files of an automation's source are named. Raises NotFound where nothing was learned."""
        return source_folder(self._backends, name, self._backends.settings.place)

    def declaration(self, name: str) -> Automation:
        """That by which an automation decides which rules alone decide. Raises NotFound where there is none, or it never ran."""
        return open_rules(self._backends, name).automation

    def resume(self, run: str, progress: RunProgress | None = None) -> Result:
        """Go on with a run that was interrupted, failed or was cancelled, here and now; what it came to.

        Raises:
            NotFound: there is no such run. Busy: another process is at it. MainspringError: of the step that failed.
        """
        durable = self._backends.flows.open()
        task = durable.task(run)
        return durable.carry_out(task, self._offered.body(task.kind, progress))

    def cancel(self, run: str) -> dict[str, Any]:
        """Stop it, in whatever process: before its next step, and soon within learning. What its steps left stays.

        Raises:
            NotFound: there is no such run.
        """
        found = self._found(run)
        if found.state not in ("finished", "failed"):
            self._backends.runs.cancel(run)
            self._backends.flows.open().cancel(run)
        return self._plain(self._found(run))

    def campaign(
        self,
        name: str,
        table: str | None = None,
        *,
        occasion: str = "",
        batch: int = 1000,
        fresh: bool = False,
        progress: RunProgress | None = None,
    ) -> Result:
        """Decide about every row of ``table`` (any address a source may have; by default the automation's own source) and queue the
        actions, in batches of ``batch`` rows each of which is done once. An interrupted campaign of the same is gone on with.

        Without an ``occasion`` the campaign is one of its own; the same row on the same occasion is the same decision. Returns
        ``rows``, and how many were ``decided``, ``repeated`` and ``wrong`` (with ``wrong_fields``).

        Raises:
            NotFound: there is no such automation. SourceError: the table cannot be read, or its rows changed meanwhile.
            Busy: another process is at a campaign of this automation.
        """
        told = {"table": table, "folder": str(Path.cwd()), "batch": batch, "occasion": occasion}
        return self._carry_out("campaign", name, told, fresh=fresh, progress=progress)

    def _carry_out(
        self, kind: str, subject: str, told: Mapping[str, Any], *, fresh: bool, progress: RunProgress | None
    ) -> Result:
        durable = self._backends.flows.open()
        run = "" if fresh else self._unfinished(kind, subject, told)
        task = self._offered.begin(kind, subject, told, run or uuid.uuid4().hex)
        return durable.carry_out(task, self._offered.body(kind, progress))

    def _unfinished(self, kind: str, subject: str, told: Mapping[str, Any]) -> str:
        durable = self._backends.flows.open()
        alike = [one for one in durable.list(100) if (one.kind, one.subject) == (kind, subject)]
        left = [one for one in alike if one.state in ("interrupted", "failed")]
        return next((one.run for one in left if durable.task(one.run).arguments == told), "")

    def queue(self, kind: str, subject: str, arguments: Mapping[str, Any] | None = None, run: str = "") -> str:
        """Leave a flow to whoever works on the queue (:meth:`work`); its id.

        Raises:
            SpecError: there is no such kind, or it lacks what it needs.
        """
        task = self._offered.begin(kind, subject, arguments or {}, run or uuid.uuid4().hex)
        self._backends.flows.open().enqueue(task)
        return task.run

    def work(self, stopped: threading.Event, at_once: int = 1) -> None:
        """Carry out what is queued and scheduled until ``stopped``, at most ``at_once`` at a time over all processes that work.

        What is under way then, or in a process that was killed, is gone on with by the next who works.
        """
        self._backends.flows.open().work(self._offered, stopped, at_once)

    def _found(self, run: str) -> FlowFacts:
        durable = self._backends.flows.open()
        found = durable.find(run)
        if found is None:
            raise NotFound("run", run, [one.run for one in durable.list(12)])
        return found

    def _plain(self, found: FlowFacts) -> dict[str, Any]:
        plain = asdict(found) | {"began": found.began.isoformat(), "changed": found.changed.isoformat()}
        if found.kind == "run" and found.state in ("interrupted", "failed"):
            known = self._backends.runs.get(found.run)
            plain["state"] = known.state if known is not None and known.state == "abandoned" else found.state
        return plain


def _step(step: DoneStep) -> dict[str, Any]:
    return {**asdict(step), "began": step.began.isoformat()}
