"""Operate: ``status``, ``what-if``, ``actions`` and ``retry``."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, Name, Place, Version
from mainspring.faces.cli.show.rows import say, show, show_facts
from mainspring.workspace import Workspace

Row = Mapping[str, Any]


def status(
    name: Annotated[str | None, typer.Argument(help="One automation; all of them when absent.")] = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Show how the automations are doing."""
    with Workspace(workspace) as space:
        if name is None:
            show(space.automations(), in_json=in_json, empty="no automation yet: mainspring run FILE.yaml")
            return
        told = space.status(name)
    show_facts(told, view=_status_view, in_json=in_json)
    realised = told["realised"]
    if realised and realised["outcomes"] and not in_json:
        show([{"policy": policy, **earned} for policy, earned in realised.items() if isinstance(earned, Mapping)])
        if others := realised.get("off_policy"):
            say("What other policies would have earned a decision, by the decisions made at random (95 %):")
            show(others)


def _status_view(told: Row) -> Row:
    run = told["last_run"]
    told = {**told, "challenge": _challenge_view(told["challenge"]), "sketched": _sketched_view(told["sketched"])}
    return {name: value for name, value in told.items() if name != "realised" and value not in ("", {}, None)} | (
        {"last_run": f"{run['state']}, begun {run['started'][:19].replace('T', ' ')} UTC"} if run else {}
    )


def _sketched_view(told: Row) -> str:
    return f"{told['rows']:,} decisions since {told['since'][:16].replace('T', ' ')} UTC" if told["rows"] else ""


def _challenge_view(told: Row | None) -> str | None:
    if told is None:
        return None
    begun = f"version {told['version']} against {told['champion']} as a {told['mode']}, {told['state']}"
    if told.get("why"):
        return f"{begun}: {told['why']}"
    begun += f", until {told['until'][:16].replace('T', ' ')} UTC at the latest"
    if told.get("low") is None:
        return f"{begun}: {told.get('outcomes', 0):,} of {told['at_least']:,} outcomes"
    so_far = f"{told['difference']:+,.2f} a decision ({told['low']:+,.2f} to {told['high']:+,.2f})"
    return f"{begun}: {so_far} after {told['outcomes']:,} of at least {told['at_least']:,} outcomes"


def what_if(
    name: Name,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", metavar="P", help="Act from this probability on; its own when absent."),
    ] = None,
    version: Version = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Say what another version or threshold would have earned.

    With the decisions whose outcomes count, beside what was earned.
    """
    with Workspace(workspace) as space:
        told = space.models.what_if(name, version=version, threshold=threshold)
    show_facts(told, view=_what_if_view, in_json=in_json)


def _what_if_view(told: Row) -> Row:
    views = {name: value for name, value in told.items() if name not in ("by_chance", "by_truth")}
    for way, why in (("by_chance", "no decision was made at random"), ("by_truth", "no outcome is a class with gains")):
        views[way] = _gained(told[way]) if told[way] else f"cannot be told: {why}"
    return views


def _gained(found: Row) -> str:
    better = found["difference"]
    return (
        f"{found['gain']:,.2f} a decision ({found['low']:,.2f} to {found['high']:,.2f}), "
        f"{better['gain']:+,.2f} over what was earned ({better['low']:+,.2f} to {better['high']:+,.2f})"
    )


def actions(
    name: Annotated[str | None, typer.Argument(help="Only those of one automation.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only dead ones, which are not tried again.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """List actions and what became of them."""
    with Workspace(workspace) as space:
        listed = space.actions.list(name, state="dead" if failed else None)
    show(listed, view=_action_view, in_json=in_json, empty="no dead actions" if failed else "no actions")


def _action_view(action: Row) -> Row:
    wanted = ("id", "action", "subject", "state", "attempts", "error")
    return {name: action[name] for name in wanted if name in action}


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
