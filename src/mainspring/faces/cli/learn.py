"""Learn: ``run``, ``models``, ``promote``, ``rollback``, ``report`` and ``export``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mainspring.errors import SpecError
from mainspring.faces.cli.options import HERE, InJson, Name, Place, Version
from mainspring.faces.cli.show.progress import watching
from mainspring.faces.cli.show.rows import say, show, show_facts, show_json
from mainspring.workspace import Workspace

Row = Mapping[str, Any]
METRICS = 3
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept with the change, for those who come after.")]


def run(
    file: Annotated[Path, typer.Argument(help="The declaration.", show_default=False)],
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over instead of resuming an interrupted run.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Run an automation: collect, prepare, learn, evaluate, register.

    A run that was interrupted is resumed at the step it was in.
    """
    with Workspace(workspace) as space:
        with watching() as progress:
            result = space.run(file, progress=progress, fresh=fresh)
        if in_json:
            show_json(result.to_dict())
            return
        show_facts({"automation": result.automation, "version": result.version, **result.counts, **result.metrics})
        if result.summary:
            show(result.summary)
        if result.report:
            say(f"report: {result.report}")


def models(name: Name, workspace: Place = HERE, in_json: InJson = False) -> None:
    """List the model versions of an automation."""
    with Workspace(workspace) as space:
        versions = [version.to_dict() for version in space.models.list(name)]
    show(versions if in_json else list(map(_version_view, versions)), in_json=in_json, empty="no version yet")


def _version_view(version: Row) -> Row:
    metrics = dict(list(version["metrics"].items())[:METRICS])
    return {
        "version": version["version"],
        "is": ", ".join(version["aliases"]),
        "learned": version["created"][:19].replace("T", " "),
        **metrics,
        "rows": version["card"]["rows"],
    }


def promote(
    name: Name,
    version: Annotated[int, typer.Argument(min=1, help="The version to promote.", show_default=False)],
    why: Why = "",
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Make a version the champion, the one that decides."""
    with Workspace(workspace) as space:
        space.models.promote(name, version, why=why)
        _tell_champion(space, name, in_json=in_json)


def rollback(name: Name, why: Why = "", workspace: Place = HERE, in_json: InJson = False) -> None:
    """Make the champion before this one champion again."""
    with Workspace(workspace) as space:
        space.models.rollback(name, why=why)
        _tell_champion(space, name, in_json=in_json)


def _tell_champion(space: Workspace, name: str, *, in_json: bool) -> None:
    champion = space.status(name)["champion"]
    if in_json:
        show_json({"automation": name, "champion": champion})
    else:
        say(f"version {champion} of {name} decides from now on")


def report(
    name: Name,
    version: Version = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Write the report of a version and print its path."""
    with Workspace(workspace) as space:
        path = space.report(name, version=version).absolute()
    if in_json:
        show_json({"report": str(path)})
    else:
        print(path)
    if open_it:
        typer.launch(path.as_uri())


def export(
    name: Name,
    onnx: Annotated[
        Path | None, typer.Option("--onnx", metavar="FILE", help="One ONNX file: preparation, model and calibration.")
    ] = None,
    mlflow: Annotated[
        Path | None,
        typer.Option("--mlflow", metavar="FOLDER", help="A new folder, an MLflow model of the flavour pyfunc."),
    ] = None,
    version: Version = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Write a version as ONNX or for MLflow.

    What is written was asked the rows of the model first; it is there only if it answers them as the model itself does.
    """
    wanted = {form: path for form, path in (("onnx", onnx), ("mlflow", mlflow)) if path is not None}
    if not wanted:
        raise SpecError("it is not said what to write", remedy="give --onnx FILE or --mlflow FOLDER")
    with Workspace(workspace) as space:
        written = [space.models.export(name, path, form, version) for form, path in wanted.items()]
    show(written, in_json=in_json)
