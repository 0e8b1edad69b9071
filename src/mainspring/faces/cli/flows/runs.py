"""Runs: ``runs``, ``runs show``, ``runs resume``, ``runs cancel`` and ``runs work``."""

import signal
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, LogForm, LogLevel, Place
from mainspring.faces.cli.show.log import logging_as
from mainspring.faces.cli.show.progress import watching
from mainspring.faces.cli.show.rows import say, show, show_facts, show_json
from mainspring.workspace import Workspace

Row = Mapping[str, Any]
Run = Annotated[str, typer.Argument(metavar="RUN", help="The run's id.", show_default=False)]


def runs(
    name: Annotated[str | None, typer.Argument(help="Only those of one automation; of all when absent.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="The newest so many.")] = 20,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """List runs, campaigns, backups, and what became of them.

    Newest first. An `interrupted` one was in a process that is gone: `mainspring runs resume RUN` goes on with it.
    """
    with Workspace(workspace) as space:
        listed = space.runs.list(name, limit)
    show(listed, view=_view, in_json=in_json, empty="no runs yet: mainspring run FILE.yaml")


def _view(run: Row) -> Row:
    return {
        name: _short(run[name]) if name == "began" else run[name]
        for name in ("run", "kind", "subject", "state", "began")
    }


def show_run(run: Run, workspace: Place = HERE, in_json: InJson = False) -> None:
    """Show one run: each step with its time and size.

    The size is of the result that is kept to go on from, in bytes.
    """
    with Workspace(workspace) as space:
        told = space.runs.show(run)
    if in_json:
        show_json(told)
        return
    facts = {name: value for name, value in told.items() if name != "steps" and value}
    show_facts(facts | {name: _short(told[name]) for name in ("began", "changed")})
    show([_step_view(step) for step in told["steps"]], empty="no step is done yet")


def _step_view(step: Row) -> Row:
    return {
        "step": step["step"], "began": _short(step["began"]), "seconds": round(step["seconds"], 3), "size": step["size"],
        "told": step["error"] or step["told"],
    }  # fmt: skip


def _short(moment: str) -> str:
    return moment[:19].replace("T", " ")


def resume(
    run: Run,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing while it runs.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Go on with a run at the step it was in.

    One that was interrupted, has failed or was cancelled. Finished steps are not done again.
    """
    with Workspace(workspace) as space:
        with watching(quiet=quiet) as progress:
            space.runs.resume(run, progress)
        told = space.runs.show(run)
    show_facts({name: told[name] for name in ("run", "kind", "subject", "state")}, in_json=in_json)


def cancel(run: Run, workspace: Place = HERE, in_json: InJson = False) -> None:
    """Stop a run, in whatever process it is.

    Before its next step, and soon while it learns. What its finished steps left stays.
    """
    with Workspace(workspace) as space:
        told = space.runs.cancel(run)
    show_facts({name: told[name] for name in ("run", "kind", "subject", "state")}, in_json=in_json)


def work(
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, metavar="N", help="At most so many at a time, over all that work here.")
    ] = 1,
    log: LogForm = "text",
    log_level: LogLevel = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Carry out what is queued and scheduled, until Ctrl-C.

    What is under way then is gone on with by the next that works; so is what a killed process left.
    """
    stopped = threading.Event()

    def stop(*_: object) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    began = datetime.now(UTC).isoformat()
    say("carrying out what is queued and scheduled  (Ctrl-C stops)")
    with logging_as(log, log_level), Workspace(workspace) as space:
        space.runs.work(stopped, at_once)
        done = [run for run in space.runs.list() if run["changed"] >= began]
    show(done, view=_view, in_json=in_json, empty="there was nothing to do")
