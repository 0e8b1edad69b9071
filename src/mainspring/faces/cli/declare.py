"""Declare: ``init``, ``check`` and ``schema``."""

from pathlib import Path
from typing import Annotated

import typer

from mainspring.automation import Automation
from mainspring.automation.check import check as problems_of
from mainspring.automation.check import notes
from mainspring.automation.forms import json_schema
from mainspring.errors import SpecError
from mainspring.faces.cli.options import HERE, InJson, Place
from mainspring.faces.cli.show.rows import say, show_json
from mainspring.workspace import Workspace


def init(workspace: Place = HERE, in_json: InJson = False) -> None:
    """Make a workspace: its folder, and a mainspring.toml with comments."""
    with Workspace.create(workspace):
        if in_json:
            show_json({"workspace": str(Path(workspace).absolute())})
        else:
            say(f"A workspace is at {workspace}. Next: mainspring run FILE.yaml")


def check(
    file: Annotated[Path, typer.Argument(help="The declaration.", show_default=False)],
    workspace: Place = HERE,  # noqa: ARG001 - every command takes it, so that scripts can give it to all
    in_json: InJson = False,
) -> None:
    """Check a declaration and list all its problems.

    Exits 2 when there are any.
    """
    problems = problems_of(file)
    if problems:
        raise SpecError(_counted(len(problems)), where=str(file), problems=problems)
    remarks = notes(Automation.from_file(file))
    if in_json:
        show_json({"file": str(file), "problems": [], "notes": remarks})
        return
    say(f"✓ {file}: no problems")
    for remark in remarks:
        say(f"  note: {remark}")


def _counted(problems: int) -> str:
    return "there is 1 problem" if problems == 1 else f"there are {problems} problems"


def schema(
    workspace: Place = HERE,  # noqa: ARG001
    in_json: InJson = False,  # noqa: ARG001 - it is JSON anyway
) -> None:
    """Print the JSON Schema of declarations, for editors."""
    show_json(json_schema(), indent=1)
