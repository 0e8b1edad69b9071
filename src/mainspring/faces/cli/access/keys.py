"""Keys: ``keys``, ``keys new`` and ``keys revoke``."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, Place
from mainspring.faces.cli.show.rows import say, show, show_facts
from mainspring.workspace import Workspace

Row = Mapping[str, Any]


def keys(workspace: Place = HERE, in_json: InJson = False) -> None:
    """List the keys of the gateway.

    The keys themselves are not kept.
    """
    with Workspace(workspace) as space:
        listed = space.keys.list()
    show(listed, view=_view, in_json=in_json, empty="no keys yet: mainspring keys new NAME --role operator")


def _view(key: Row) -> Row:
    wanted = ("id", "name", "state", "expires", "rate", "quota", "today")
    return {"roles": " ".join(key["roles"]), **{name: key[name] for name in wanted if name in key}}


def new(  # noqa: PLR0913 - a command takes its options as arguments
    name: Annotated[str, typer.Argument(help="Who is going to use it, for lists and the audit.", show_default=False)],
    role: Annotated[
        list[str],
        typer.Option(
            "--role", metavar="ROLE", show_default=False,
            help="viewer, operator, approver or admin; operator:NAME for one automation, operator:topic:NAME for a topic. May be repeated.",
        ),
    ],
    expires: Annotated[str | None, typer.Option("--expires", metavar="TIME", help="After how long, like 90d.")] = None,
    rate: Annotated[float | None, typer.Option("--rate", metavar="NUMBER", help="Requests a second.")] = None,
    quota: Annotated[int | None, typer.Option("--quota", metavar="NUMBER", help="Requests a day (UTC).")] = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:  # fmt: skip
    """Make a key for the gateway.

    It is shown this once.
    """
    with Workspace(workspace) as space:
        made = space.keys.new(name, role, lasts=expires, rate=rate, quota=quota)
    show_facts(made, view=lambda facts: {"key": facts["key"], **_view(facts)}, in_json=in_json)
    if not in_json:
        say("It is shown this once. Send it as the header  Authorization: Bearer KEY")


def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key's id (or the key).", show_default=False)],
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Take a key back.

    Gateways refuse it within two seconds.
    """
    with Workspace(workspace) as space:
        revoked = space.keys.revoke(key)
    show_facts(revoked, view=_view, in_json=in_json)
