"""Lake: ``sql``, ``tables``, ``history`` and ``compact``."""

from typing import Annotated

import typer

from mainspring.faces.cli.options import HERE, InJson, Output, Place
from mainspring.faces.cli.show.files import check_writable
from mainspring.faces.cli.show.rows import deliver, show, show_facts
from mainspring.workspace import Workspace

TableName = Annotated[str, typer.Argument(metavar="TABLE", help="A table, as in retention.raw.", show_default=False)]


def sql(
    query: Annotated[str, typer.Argument(help='As in "select contract, count(*) from retention.raw group by 1".')],
    output: Output = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Ask the lake a question in SQL."""
    check_writable(output)
    with Workspace(workspace) as space:
        answer = space.lake.sql(query)
    deliver(answer, output, in_json=in_json)


def tables(workspace: Place = HERE, in_json: InJson = False) -> None:
    """List the tables of the lake."""
    with Workspace(workspace) as space:
        listed = space.lake.tables()
    show(listed, in_json=in_json, empty="no tables yet")


def history(table: TableName, workspace: Place = HERE, in_json: InJson = False) -> None:
    """List the versions of a table."""
    with Workspace(workspace) as space:
        versions = space.lake.history(table)
    show(versions, in_json=in_json)


def compact(table: TableName, workspace: Place = HERE, in_json: InJson = False) -> None:
    """Rewrite a table's small files as few large ones."""
    with Workspace(workspace) as space:
        done = space.lake.compact(table)
    show_facts(done, in_json=in_json)
