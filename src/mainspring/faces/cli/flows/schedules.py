"""Schedules: ``schedules`` and what is done to one."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, Place
from mainspring.faces.cli.show.rows import show, show_facts
from mainspring.workspace import Workspace

Row = Mapping[str, Any]
Which = Annotated[str, typer.Argument(metavar="SCHEDULE", help="The schedule's name.", show_default=False)]


class Kind(StrEnum):
    RUN = "run"
    CAMPAIGN = "campaign"
    PROMOTION = "promotion"
    BACKUP = "backup"


def schedules(workspace: Place = HERE, in_json: InJson = False) -> None:
    """List what is done at set times.

    By `mainspring runs work`, which must be running then. What is due while the last of the same schedule is not done is left out.
    """
    with Workspace(workspace) as space:
        listed = space.schedules.list()
    show(listed, view=_view, in_json=in_json, empty="no schedules yet: mainspring schedules add")


def _view(schedule: Row) -> Row:
    return {name: schedule[name] for name in ("name", "cron", "kind", "subject", "paused", "last")}


def add(  # noqa: PLR0913 - a command takes its options as arguments
    name: Which,
    cron: Annotated[str, typer.Argument(metavar="CRON", help='Times in UTC, like "0 6 * * *".', show_default=False)],
    kind: Annotated[Kind, typer.Argument(help="What to do.", show_default=False)],
    subject: Annotated[
        str, typer.Argument(help="A declaration for run, a folder for backup, else an automation.", show_default=False)
    ],
    table: Annotated[
        str | None, typer.Option("--table", metavar="ADDRESS", help="For campaign: the table; its own source when absent.")
    ] = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:  # fmt: skip
    """Run, campaign, promote or back up at set times.

    `mainspring schedules add nightly "0 3 * * *" run retention.yaml`. One of the same name is replaced.
    """
    where = str(Path(subject).absolute()) if kind in (Kind.RUN, Kind.BACKUP) else subject
    told = {"table": table, "folder": str(Path.cwd())} if kind is Kind.CAMPAIGN else {}
    with Workspace(workspace) as space:
        space.schedules.add(name, cron, kind.value, where, told)
    show_facts({"schedule": name, "cron": cron, "kind": kind.value, "subject": where}, in_json=in_json)


def remove(name: Which, workspace: Place = HERE, in_json: InJson = False) -> None:
    """Take a schedule away."""
    with Workspace(workspace) as space:
        space.schedules.remove(name)
    show_facts({"schedule": name, "is": "removed"}, in_json=in_json)


def pause(name: Which, workspace: Place = HERE, in_json: InJson = False) -> None:
    """Let a schedule rest."""
    with Workspace(workspace) as space:
        space.schedules.pause(name)
    show_facts({"schedule": name, "is": "paused"}, in_json=in_json)


def resume(name: Which, workspace: Place = HERE, in_json: InJson = False) -> None:
    """Let a schedule that rests go on."""
    with Workspace(workspace) as space:
        space.schedules.pause(name, on=False)
    show_facts({"schedule": name, "is": "active"}, in_json=in_json)


def fire(name: Which, workspace: Place = HERE, in_json: InJson = False) -> None:
    """Begin now what is scheduled.

    Beside its times; `mainspring runs work` carries it out.
    """
    with Workspace(workspace) as space:
        space.schedules.fire(name)
    show_facts({"schedule": name, "is": "begun"}, in_json=in_json)
