"""Alerts: ``alerts``, ``alerts acknowledge`` and ``alerts mute``."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, Place
from mainspring.faces.cli.show.rows import show, show_facts
from mainspring.workspace import Workspace

Row = Mapping[str, Any]
AlertId = Annotated[str, typer.Argument(metavar="ALERT", help="The alert's id.", show_default=False)]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept with the change, for those who come after.")]


def alerts(
    name: Annotated[str | None, typer.Argument(help="Only those of one automation.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also those that are over, and those not yet confirmed.")
    ] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """List the alerts that stand."""
    with Workspace(workspace) as space:
        listed = space.alerts.list(name, all=every)
    show(listed, view=_alert, in_json=in_json, empty="no alerts")


def _alert(alert: Row) -> Row:
    wanted = ("id", "automation", "severity", "state", "what", "first", "last", "muted_until")
    return {name: alert[name] for name in wanted}


def acknowledge(alert: AlertId, why: Why = "", workspace: Place = HERE, in_json: InJson = False) -> None:
    """Say that someone sees to an alert.

    Nobody is told of it again while it stands.
    """
    with Workspace(workspace) as space:
        changed = space.alerts.acknowledge(alert, why)
    show_facts(changed, view=_alert, in_json=in_json)


def mute(
    alert: AlertId,
    length: Annotated[
        str, typer.Option("--for", metavar="TIME", help="For how long, like 12h or 7d; 0 takes it back.")
    ] = "7d",
    why: Why = "",
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Tell nobody of an alert for a while.

    Also when it is over meanwhile and comes again.
    """
    with Workspace(workspace) as space:
        changed = space.alerts.mute(alert, None if length == "0" else length, why)
    show_facts(changed, view=_alert, in_json=in_json)
