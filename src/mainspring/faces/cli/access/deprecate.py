"""Deprecate: ``deprecate``."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, Name, Place
from mainspring.faces.cli.show.rows import say, show_facts, show_json
from mainspring.workspace import Workspace


def deprecate(  # noqa: PLR0913 - a command takes its options as arguments
    name: Name,
    field: Annotated[
        str,
        typer.Option("--field", metavar="FIELD", help="Only this field of its records should not be sent any more."),
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="DATE", help="Since when, or from when on; now when absent.")
    ] = "",
    sunset: Annotated[
        str, typer.Option("--sunset", metavar="DATE", help="From when on it may not answer any more.")
    ] = "",
    instead: Annotated[
        str, typer.Option("--instead", metavar="NAME", help="The automation to ask, or the field to send, instead.")
    ] = "",
    link: Annotated[str, typer.Option("--link", metavar="URL", help="A page that tells more.")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="It is not deprecated any more.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Tell whoever asks an automation to ask another, or to leave a field out.

    It goes on answering; every answer of the gateway says so in its headers (`Deprecation`, `Sunset`, `Link`; to whoever sends the field,
    `Deprecated-Fields`), its OpenAPI document and its page in the portal too. Nothing is learned anew, and nothing ends by itself.
    """
    about = {"automation": name, **({"field": field} if field else {})}
    given = {"since": since, "sunset": sunset, "instead": instead, "link": link}
    with Workspace(workspace) as space:
        if withdraw:
            if any(given.values()):
                raise typer.BadParameter("--withdraw stands alone")
            if field:
                space.contracts.deprecations.withdraw_of_field(name, field)
            else:
                space.contracts.deprecations.withdraw(name)
            show_json({**about, "deprecated": None}) if in_json else say(
                f"{f'the field {field} of ' if field else ''}{name} is not deprecated any more"
            )
            return
        deprecations = space.contracts.deprecations
        made = deprecations.say_of_field(name, field, given) if field else deprecations.say(name, given)
    told: Mapping[str, Any] = made.to_dict()
    if in_json:
        show_json({**about, "deprecated": told})
    else:
        show_facts({**about, **{what: value for what, value in told.items() if value is not None}})
