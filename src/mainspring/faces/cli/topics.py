"""Topics: ``topics`` and ``publish``."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from mainspring.faces.cli.decide import rows_of
from mainspring.faces.cli.options import HERE, InJson, Place, RowsFile
from mainspring.faces.cli.show.rows import say, show, show_facts
from mainspring.workspace import Workspace


class Verb(StrEnum):
    LIST = "list"
    SHOW = "show"
    REPLAY = "replay"
    RETRY = "retry"


Row = Mapping[str, Any]


def topics(
    verb: Annotated[
        Verb,
        typer.Argument(help="`list` all; `show` one; `replay` one for a group; `retry` what could not be taken."),
    ] = Verb.LIST,
    name: Annotated[str | None, typer.Argument(metavar="[TOPIC]", help="The topic; not for `list`.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="GROUP", help="For `replay`: whose place moves; an automation's name.")
    ] = None,
    start: Annotated[
        str, typer.Option("--from", metavar="PLACE", help="For `replay`: an offset, a time, `first` or `new`.")
    ] = "first",
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:  # fmt: skip
    """List topics: events, lag, dead letters; show, replay, retry one.

    `topics show orders` shows one: its groups, its newest events, why some could not be taken. `topics replay orders --group
    retention --from 2026-11-26T12:00` lets a group go through it again; what has been decided is not decided twice. `topics retry
    orders` publishes again what lies in its dead letters.
    """
    topic = "" if verb == Verb.LIST else _given(name, verb, "TOPIC")
    with Workspace(workspace) as space:
        if verb == Verb.LIST:
            show(space.topics.list(), in_json=in_json, empty="no topics yet: mainspring publish TOPIC FILE")
        elif verb == Verb.SHOW:
            show_facts(space.topics.show(topic), view=_view, in_json=in_json)
        elif verb == Verb.REPLAY:
            show_facts(space.topics.replay(topic, _given(group, verb, "--group"), start), in_json=in_json)
        else:
            told = space.topics.retry(topic)
            show_facts({"topic": topic, **told}, in_json=in_json)
            if told["lost"] and not in_json:
                say(f"what was lost is no event, or was too large to be kept; mainspring topics show {topic} tells why")


def publish(
    name: Annotated[
        str, typer.Argument(metavar="TOPIC", help="The topic; made where there is none.", show_default=False)
    ],
    file: RowsFile,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="COLUMN", help="The column of whom a row is about.")
    ] = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Publish the rows of a file to a topic.

    A row is an event. Publishing the same rows again adds nothing, while the bus still keeps them (NATS: within two minutes;
    Kafka does not look).
    """
    with Workspace(workspace) as space:
        count = space.topics.publish(name, rows_of(space, file), subject=subject)
    show_facts({"topic": name, "published": count}, in_json=in_json)


def _given(value: str | None, verb: Verb, what: str) -> str:
    if value is None:
        raise typer.BadParameter(f"topics {verb} needs {what}")
    return value


def _view(told: Row) -> Row:
    newest = [f"{one['offset']} {one.get('id', '')} {one.get('problem') or one['data']}" for one in told["newest"]]
    return {name: value for name, value in told.items() if value not in ({}, [])} | (
        {"newest": newest} if newest else {}
    )
