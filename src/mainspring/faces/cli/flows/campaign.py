"""Campaign: ``campaign``."""

from typing import Annotated

import typer

from mainspring.faces.cli.options import HERE, InJson, Name, Place
from mainspring.faces.cli.show.progress import watching
from mainspring.faces.cli.show.rows import say, show_facts
from mainspring.workspace import Workspace


def campaign(  # noqa: PLR0913 - a command takes its options as arguments
    name: Name,
    table: Annotated[
        str | None,
        typer.Option("--table", metavar="ADDRESS", help="A file, lake:, postgresql:// …; its own source when absent."),
    ] = None,
    occasion: Annotated[
        str, typer.Option("--occasion", metavar="TEXT", help="The same row on the same occasion is the same decision.")
    ] = "",
    batch: Annotated[int, typer.Option("--batch", min=1, max=100_000, metavar="N", help="Rows decided at once.")] = 1000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on with an interrupted one.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on the way.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:  # fmt: skip
    """Decide about every row of a table, in batches.

    And queue the actions, which go out with `mainspring serve` or `mainspring retry`. One version decides all of it. The same command
    again goes on with a campaign that was interrupted; no row is decided twice.
    """
    with Workspace(workspace) as space, watching(quiet=quiet) as progress:
        told = space.runs.campaign(name, table, occasion=occasion, batch=batch, fresh=fresh, progress=progress)
    show_facts(told, in_json=in_json)
    if told["wrong"] and not in_json:
        say(f"{told['wrong']:,} rows could not be decided about; mainspring decide tells why of each")
