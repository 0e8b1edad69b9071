"""Operate: ``status``, ``actions`` and ``retry``."""

from typing import Annotated

import typer

from mainspring.faces.cli.options import HERE, InJson, Place
from mainspring.faces.cli.output import show, show_facts
from mainspring.workspace import Workspace


def status(
    name: Annotated[str | None, typer.Argument(help="One automation; all of them when absent.")] = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Show how the automations are doing."""
    with Workspace(workspace) as space:
        if name is None:
            show(space.automations(), in_json=in_json, empty="no automation yet: mainspring run FILE.yaml")
        else:
            show_facts(space.status(name), in_json=in_json)


def actions(
    name: Annotated[str | None, typer.Argument(help="Only those of one automation.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only dead ones, which are not tried again.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """List actions and what became of them."""
    with Workspace(workspace) as space:
        listed = space.actions.list(name, state="dead" if failed else None)
    show(listed, in_json=in_json, empty="no dead actions" if failed else "no actions")


def retry(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ACTION]...", help="Only these; all dead ones when absent.")
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", min=0, metavar="SECONDS", help="Seconds to go on delivering what comes due.")
    ] = 0.0,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Put dead actions back in the queue.

    And deliver what is due, now.
    """
    with Workspace(workspace) as space:
        revived = space.actions.retry(ids or None)
        counts = space.actions.deliver(wait=wait)
    show_facts({"retried": revived, **counts}, in_json=in_json)
