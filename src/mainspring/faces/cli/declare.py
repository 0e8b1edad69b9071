"""Declare: ``init``, ``new``, ``check`` and ``schema``."""

from pathlib import Path
from typing import Annotated

import typer

from mainspring.automation import Automation
from mainspring.automation.blueprints.blueprint import BLUEPRINTS, write
from mainspring.automation.check import check as problems_of
from mainspring.automation.check import notes
from mainspring.automation.forms import json_schema
from mainspring.errors import SpecError
from mainspring.faces.cli.options import HERE, InJson, Place
from mainspring.faces.cli.show.rows import say, show, show_json
from mainspring.workspace import Workspace


def init(workspace: Place = HERE, in_json: InJson = False) -> None:
    """Make a workspace: its folder, and a mainspring.toml with comments."""
    with Workspace.create(workspace):
        if in_json:
            show_json({"workspace": str(Path(workspace).absolute())})
        else:
            say(f"A workspace is at {workspace}. Next: mainspring run FILE.yaml")


def new(
    blueprint: Annotated[
        str, typer.Argument(help=f"One of: {', '.join(BLUEPRINTS)}; all are listed when absent.", show_default=False)
    ] = "",
    folder: Annotated[
        Path | None, typer.Argument(help="Where to; by default a folder of the blueprint's name.", show_default=False)
    ] = None,
    workspace: Place = HERE,  # noqa: ARG001
    in_json: InJson = False,
) -> None:
    """Begin with a blueprint: a declaration and small data, in a folder.

    What is there already is never replaced.
    """
    if not blueprint:
        show([{"blueprint": name, "what it does": about} for name, about in BLUEPRINTS.items()], in_json=in_json)
        return
    made = write(blueprint, folder or Path(blueprint))
    if in_json:
        show_json({"blueprint": blueprint, "files": [str(path.absolute()) for path in made]})
        return
    say(f"made {', '.join(map(str, made))}")
    say(f"Next: mainspring run {made[0]}")


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
