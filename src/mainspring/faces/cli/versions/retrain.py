"""Retrain: ``retrain``."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, Name, Place
from mainspring.faces.cli.show.progress import watching
from mainspring.faces.cli.show.rows import say, show_facts, show_json
from mainspring.workspace import Workspace

BECAME = {
    "promote": "decides from now on", "challenge": "proves itself beside the champion first",
    "ask": "waits for you: mainspring promote", "reject": "does not decide",
}  # fmt: skip


def retrain(
    name: Name,
    budget: Annotated[
        str, typer.Option("--budget", metavar="TIME", help="For this once in place of learn.limits.time, like 5m.")
    ] = "",
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept with the run.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing while it learns.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Learn anew from what is new; promote what is better.

    The source is asked again, outcomes that came back by feedback join it, and what did well before is tried first. The old and
    the new version are held against the newest rows that neither was trained on. Interrupted, it goes on where it was.
    """
    with Workspace(workspace) as space, watching(quiet=quiet) as progress:
        made = space.models.retrain(name, budget or None, progress, why)
    if in_json:
        show_json(made)
        return
    show_facts(_shown(made))
    decision = "promote" if made["champion"] else made["decision"]
    say(f"version {made['version']} of {name} {BECAME[decision]}: {made['why']}")


def _shown(made: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = made["rows"]
    return {
        "automation": made["automation"], "version": made["version"], "outcomes": rows["outcomes"],
        "rows": f"{rows['train']:,} to learn from, {rows['test']:,} to test on", "learned from": made["window"],
        **made["metrics"], "report": made["report"],
    }  # fmt: skip
