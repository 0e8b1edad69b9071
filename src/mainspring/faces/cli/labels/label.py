"""Label: ``label`` asks a person for the labels that would help most."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, Name, Place
from mainspring.faces.cli.show.rows import say, show_json
from mainspring.workspace import Workspace

SKIP, STOP = "s", "q"
SHOWN = 600
"""Characters of a value that are shown."""


def label(
    name: Name,
    doubtful: Annotated[
        bool, typer.Option("--doubtful", help="Rows whose label may be wrong, in place of those without one.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most so many rows.")] = 20,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Ask a person for the labels that would help most.

    Each is kept at once; what was answered is not asked again. They count from the next run on. With --json the rows are listed, and
    nothing is asked.
    """
    with Workspace(workspace) as space:
        rows = space.labels.doubtful(name, most=limit) if doubtful else space.labels.queue(name, limit)
        if in_json:
            show_json(rows)
            return
        if not rows:
            say("there is no row to ask about")
            return
        kept = _asked(space, name, rows)
    say(f"{kept} labels kept. Next: run the automation again")


def _asked(space: Workspace, name: str, rows: Sequence[Mapping[str, Any]]) -> int:
    kept = 0
    for number, row in enumerate(rows, start=1):
        classes = space.labels.classes(name)
        say(f"\n[{number} of {len(rows)}] {row['key']}")
        for column, value in row["columns"].items():
            say(f"  {column}: {_short(str(value))}")
        if "label" in row:
            say(f"  labelled {row['label']!r}, the model says {row['guess']!r} ({row['chance']:.0%})")
        for place, known in enumerate(classes, start=1):
            say(f"  {place}  {known}{'   <- the model' if known == str(row['guess']) else ''}")
        answer = _answer(classes, str(row["guess"]))
        if answer == STOP:
            break
        if answer != SKIP:
            space.labels.keep(name, {row["key"]: answer})
            kept += 1
    return kept


def _answer(classes: Sequence[str], guess: str) -> str:
    """A label, or one of the words for skipping and stopping."""
    fresh = ""
    while True:
        try:
            typed = input(f"a number, a name, Enter for {guess!r}, {SKIP} to skip, {STOP} to stop: ").strip()
        except EOFError:
            return STOP
        if typed in (SKIP, STOP) or typed in classes:
            return typed
        if not typed:
            return guess
        if typed.isdecimal():
            if 1 <= int(typed) <= len(classes):
                return classes[int(typed) - 1]
            say(f"there are {len(classes)}")
        elif typed == fresh:
            return typed
        else:
            fresh = typed
            say(f"{typed!r} is new: type it again to make it a class")


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
