"""Challenge: ``challenge`` and ``changes``."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, Name, Place
from mainspring.faces.cli.show.rows import say, show, show_facts, show_json
from mainspring.workspace import Workspace

Row = Mapping[str, Any]


def challenge(  # noqa: PLR0913 - a command takes its options as arguments
    name: Name,
    version: Annotated[int | None, typer.Argument(min=1, help="The version that challenges the champion.")] = None,
    mode: Annotated[
        str, typer.Option("--mode", metavar="MODE", help="shadow: nothing it decides is done; canary: its share is.")
    ] = "",
    share: Annotated[str, typer.Option("--share", metavar="SHARE", help="Of the keys, for a canary, like 10%.")] = "",
    at_least: Annotated[
        str, typer.Option("--at-least", metavar="COUNT", help="So many outcomes before anything is decided.")
    ] = "",
    within: Annotated[
        str, typer.Option("--within", metavar="TIME", help="Then it ends undecided, like 60d; the champion stays.")
    ] = "",
    decisions: Annotated[
        str, typer.Option("--decisions", metavar="COUNT", help="After so many decisions it ends undecided too.")
    ] = "",
    stop: Annotated[bool, typer.Option("--stop", help="End the running challenge; the champion stays.")] = False,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept with the change.")] = "",
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Let a version prove itself beside the champion.

    Until outcomes say which earns more; then it is promoted, or goes. At its limit (30 days where nothing else is declared) it ends
    undecided. `mainspring status` shows how it stands. Without a version, the running challenge is judged now.
    """
    terms = {"mode": mode, "share": share, "at_least": at_least, "within": within, "decisions": decisions}
    with Workspace(workspace) as space:
        if stop:
            told = space.models.end_challenge(name, why)
        elif version is not None:
            told = space.models.challenge(name, version, {term: value for term, value in terms.items() if value}, why)
        else:
            space.models.judge(name)
            told = space.status(name)["challenge"]
    if told is None:
        if in_json:
            show_json(None)
        else:
            say(f"nobody challenges the champion of {name}")
        return
    show_facts(told | ({"state": "stopped"} if stop else {}), in_json=in_json)


def changes(name: Name, workspace: Place = HERE, in_json: InJson = False) -> None:
    """List what was promoted, challenged, rolled back, and why."""
    with Workspace(workspace) as space:
        listed = space.models.changes(name)
    show(listed, view=_change_view, in_json=in_json, empty="nothing was changed yet")


def _change_view(change: Row) -> Row:
    facts = change["facts"]
    told = facts.get("why") or facts.get("evidence", {}).get("why", "")
    return {
        "at": change["at"],
        "by": change["by"],
        "what": change["what"],
        "version": facts.get("version"),
        "why": told,
    }
