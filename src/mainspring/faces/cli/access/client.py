"""Client: ``client``, the source of a typed client of an automation."""

from pathlib import Path
from typing import Annotated

import typer

from mainspring.backends.store.locks import as_store_error
from mainspring.faces.cli.options import HERE, InJson, Name, Place
from mainspring.faces.cli.show.rows import say, show_json
from mainspring.workspace import Workspace


def client(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there instead: a .py file.")
    ] = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Write a typed Python client of an automation.

    It speaks HTTP, and knows the automation's records, decisions and errors. The module needs httpx and
    nothing of Mainspring. Make it again when the automation changes.
    """
    with Workspace(workspace) as space:
        text = space.contracts.client(name)
    if output is None:
        show_json({"automation": name, "source": text}) if in_json else typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise as_store_error(error, str(output)) from error
    if in_json:
        show_json({"automation": name, "path": str(output.absolute())})
    else:
        say(f"The client of {name} is in {output}")
