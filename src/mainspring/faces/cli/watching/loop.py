"""Loop: ``loop`` and ``graph``."""

import logging
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mainspring.errors import MainspringError
from mainspring.faces.cli.options import HERE, InJson, Place
from mainspring.faces.cli.show.rows import say, show, show_json
from mainspring.workspace import Workspace

LOG = logging.getLogger(__name__)


def loop(
    once: Annotated[bool, typer.Option("--once", help="One round, for cron and the like, then end.")] = False,
    pause: Annotated[float, typer.Option("--pause", min=1.0, metavar="SECONDS", help="Between two rounds.")] = 30.0,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Close the loop without a gateway, until Ctrl-C.

    Each round looks at the automations whose time has come, judges challengers, learns anew where `watch.retrain.when` holds, and delivers
    what is due. The gateway does the same beside serving.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    stopped = threading.Event()

    def stop(*_: object) -> None:
        stopped.set()

    if not once:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        say("looking, judging, learning anew, delivering  (Ctrl-C stops)")
    done: list[dict[str, Any]] = []
    with Workspace(workspace) as space:
        while True:
            done += _round(space, stopped)
            if once or stopped.wait(pause):
                break
    show([_view(one) for one in done] if not in_json else done, in_json=in_json, empty="nothing was due")


def _round(space: Workspace, stopped: threading.Event) -> list[dict[str, Any]]:
    done: list[dict[str, Any]] = []
    try:
        done += [{"automation": name, "did": "looked"} for name in space.watching.due()]
        for one in space.automations():
            ended = space.models.judge(one["name"]) if one["champion"] is not None else None
            done += [] if ended is None else [{"automation": one["name"], "did": f"challenger {ended}"}]
        done += [{"did": "failed" if "error" in one else "learned anew", **one} for one in space.loop.due()]
        space.streams.publish(everyone=True)
        space.actions.deliver(stopped=stopped)
    except MainspringError as error:
        LOG.error("%s", error)
    return done


def _view(one: Mapping[str, Any]) -> Mapping[str, Any]:
    result: Mapping[str, Any] = one.get("result", {})
    told = one.get("error") or (f"version {result['version']}: {result['why']}" if result else "")
    return {"automation": one["automation"], "did": one["did"], "why": one.get("why", ""), "told": told}


def graph(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Declarations that were not run yet, drawn along.")
    ] = None,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="As a Mermaid flowchart, for Markdown.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Draw who feeds whom: automations, topics, webhooks, tables.

    Exits 2 where a circle would run away: where each decision leads to another without end.
    """
    with Workspace(workspace) as space:
        found = space.loop.graph([*(files or [])])
    if in_json:
        show_json(found.to_dict())
    elif mermaid:
        print(found.to_mermaid())
    else:
        names = {
            node.id: f"{node.name}" if node.kind == "automation" else f"{node.kind} {node.name}" for node in found.nodes
        }
        rows = [{"from": names[edge.source], "how": edge.how, "to": names[edge.target]} for edge in found.edges]
        show(rows, empty="nobody feeds anybody")
        for circle in found.runaway:
            say(f"runs away: {' → '.join([*circle, circle[0]])}: each decision leads to another without end")
    if found.runaway:
        raise typer.Exit(2)
