"""Backup: ``backup`` and ``restore``."""

from pathlib import Path
from typing import Annotated

import typer

from mainspring.faces.cli.options import HERE, InJson, Place
from mainspring.faces.cli.show.progress import watching
from mainspring.faces.cli.show.rows import say, show_facts
from mainspring.run.backup.restore import REPLAYED
from mainspring.workspace import Workspace

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on the way.")]


def backup(
    folder: Annotated[Path, typer.Argument(help="Where the backup's own folder is made.", show_default=False)],
    quiet: Quiet = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Copy the workspace into a folder.

    The database as of one moment, models, reports, the key, the lake where it is a folder, the bus where it is a file. Whoever has the
    backup has the key: keep it as safe as the workspace.
    """
    with Workspace(workspace) as space, watching(quiet=quiet) as progress:
        made = space.backups.make(folder, progress)
    show_facts(made, in_json=in_json)


def restore(
    folder: Annotated[Path, typer.Argument(help="The backup's own folder.", show_default=False)],
    replayed: Annotated[
        int, typer.Option("--replay", min=0, metavar="N", help="Make so many decisions of each automation again.")
    ] = REPLAYED,
    quiet: Quiet = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Make a workspace of a backup; does it decide the same?

    Into a new workspace. Every file is checked first; then the newest decisions are made again. Ends with 1 when one comes out
    otherwise.
    """
    with Workspace(workspace) as space:
        told = space.backups.restore(
            folder, replayed=replayed, told=lambda what: None if quiet else say(f"restoring {what}")
        )
    show_facts(told, view=lambda it: {**it, "differ": ", ".join(it["differ"][:5]) or "none"}, in_json=in_json)
    if told["differ"]:
        raise typer.Exit(1)
