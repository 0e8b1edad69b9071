"""Learn: ``plan``, ``run``, ``models``, ``promote``, ``rollback``, ``repeat``, ``report`` and ``export``."""

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mainspring.errors import SpecError
from mainspring.faces.cli.options import HERE, InJson, Name, Place, Version
from mainspring.faces.cli.show.progress import watching
from mainspring.faces.cli.show.rows import say, show, show_facts, show_json
from mainspring.run.train.candidates import candidates as known_candidates
from mainspring.run.train.planning.plan import amounts
from mainspring.workspace import Workspace

Row = Mapping[str, Any]
METRICS, NOTES = 3, 8
SAME = {"bytes": "the same, byte for byte", "answers": "the same answers", "no": "another model"}
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept with the change, for those who come after.")]


Budget = Annotated[
    str, typer.Option("--budget", metavar="TIME", help="For this run in place of learn.limits.time, like 5m.")
]


def plan(
    file: Annotated[Path, typer.Argument(help="The declaration.", show_default=False)],
    budget: Budget = "",
    candidates: Annotated[
        str, typer.Option("--candidates", metavar="NAMES", help="In place of learn.candidates, like linear,lightgbm.")
    ] = "",
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Say what a run is going to take, without running it.

    Rows of the source are looked at and the machine is tried for a moment; nothing is kept.
    """
    with Workspace(workspace) as space:
        found = space.plan(file, budget=budget or None, candidates=_named(candidates))
    if in_json:
        show_json(found)
        return
    show([{"candidate": one["name"], "seconds a fold": round(one["seconds"], 2)} for one in found["candidates"]])
    say(f"expected: {amounts(found['expected'])}")
    say(f"told from: {found['basis']}")


def _named(candidates: str) -> list[str]:
    return [name for part in candidates.split(",") if (name := part.strip())]


def run(  # noqa: PLR0913 - a command takes its options as arguments
    file: Annotated[Path | None, typer.Argument(help="The declaration.", show_default=False)] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over instead of resuming an interrupted run.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run, and refuse where there is none.")
    ] = False,
    budget: Budget = "",
    candidates: Annotated[
        str,
        typer.Option(
            "--candidates",
            metavar="NAMES",
            help="For this run in place of learn.candidates, like linear,lightgbm; 'list' prints those there are.",
        ),
    ] = "",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print the leaderboard at the end.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing while it runs.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Run an automation: collect, prepare, learn, evaluate, register.

    A run that was interrupted is resumed at the step it was in, where declaration, budget and candidates are the same.
    """
    if candidates == "list":
        show(known_candidates(), view=_candidate_view, in_json=in_json)
        return
    if file is None:
        raise typer.BadParameter("name a declaration: mainspring run FILE", param_hint="FILE")
    wanted = _named(candidates)
    with Workspace(workspace) as space:
        with watching(quiet=quiet) as progress:
            result = space.run(
                file, progress=progress, fresh=fresh, resume=resume, budget=budget or None, candidates=wanted
            )
        if in_json:
            show_json(result.to_dict())
            return
        show_facts({"automation": result.automation, "version": result.version, **result.counts, **result.metrics})
        if result.summary:
            show(result.summary)
        if verbose and result.leaderboard:
            show(list(map(_leaderboard_view, result.leaderboard)))
        if result.plan:
            say(f"took {amounts(result.plan['actual'])}; expected: {amounts(result.plan['expected'])}")
        for note in result.notes[:NOTES]:
            say(f"note: {note}")
        if len(result.notes) > NOTES:
            say(f"note: {len(result.notes) - NOTES} more stand in the report")
        if result.report:
            say(f"report: {result.report}")


def _candidate_view(candidate: Row) -> Row:
    return {
        "name": candidate["name"],
        "learner": candidate["learner"],
        "target": candidate["target"],
        "settings": ", ".join(f"{name} {value}" for name, value in candidate["settings"].items()),
        "to install": candidate["missing"] or "",
    }


def _leaderboard_view(candidate: Row) -> Row:
    return {
        "candidate": candidate["name"],
        "score": candidate["score"],
        "spread": candidate["spread"],
        "latency p95 ms": candidate["latency_ms"].get("p95"),
        "seconds": round(candidate["seconds"], 1),
        "weight": candidate["weight"],
        "left out": candidate["why_not"] or "",
    }


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
    """Make a version the champion, the one that decides.

    Where the declaration asks for several people (`watch.approvals`), each of them says so; the last one makes it champion.
    """
    with Workspace(workspace) as space:
        told = space.models.promote(name, version, why=why, by=getpass.getuser())
        if told["champion"]:
            _tell_champion(space, name, in_json=in_json)
        elif in_json:
            show_json(told)
        else:
            say(f"{len(told['approved_by'])} of {told['needed']} people agree: {', '.join(told['approved_by'])}")


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


def repeat(
    name: Name,
    version: Version = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing while it learns.")] = False,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Learn a version again from its record; is the same model made?

    The same rows, the same fits with the same work, whatever the clock says. Nothing is registered or replaced. Exits 1 where the answers
    differ by more than 1e-9.
    """
    with Workspace(workspace) as space, watching(quiet=quiet) as progress:
        found = space.models.repeat(name, version, progress)
    if in_json:
        show_json(found)
    else:
        say(f"version {found['version']} of {name}, {found['fits']} fits again: {SAME[found['same']]}")
        if found["same"] != "bytes":
            say(f"  the largest difference of answers to the {found['rows']:,} rows: {found['difference']:.3g}")
        for difference in found["differs"]:
            say(f"  {difference}")
    if found["same"] == "no":
        raise typer.Exit(1)


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
