"""Main: the command line. Nothing heavy loads before a command runs."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

import mainspring
from mainspring.errors import MainspringError
from mainspring.faces.cli.commands import COMMANDS
from mainspring.faces.cli.complaints import complain, complain_of_usage, report_surprise

INTERRUPTED = 130


class Commands(TyperGroup):
    """Lists its commands from the table, and loads the one that is run."""

    def __init__(self, **settings: Any) -> None:
        settings["commands"] = {
            name: TyperCommand(name, help=command.about, rich_help_panel=command.panel)
            for name, command in COMMANDS.items()
        }
        super().__init__(**settings)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        # Some commands are two words: what is done to one of the things that the first lists.
        if len(args) > 1 and (both := f"{args[0]} {args[1]}") in COMMANDS:
            args = [both, *args[2:]]
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load(cast(str, listed.name)) if listed else None, rest


def load(name: str) -> TyperCommand:
    """The command itself, with its options."""
    module, _, function = COMMANDS[name].where.partition(":")
    alone = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    alone.command(name)(getattr(importlib.import_module(module), function))
    return cast(TyperCommand, typer.main.get_command(alone))


app = typer.Typer(
    name="mainspring", cls=Commands, no_args_is_help=True, rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mainspring {mainspring.__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From data to decisions that act, and get better."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script. Exits 0 when done, 2 for a mistake of the user's, 1 for one of ours, 130 when interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    code = _run(given, in_json="--json" in given)
    if given[:1] == ["serve"]:
        _end(code)
    sys.exit(code)


def _end(code: int) -> None:
    """End without taking Python down: all is closed by now, but a thread of the server that wakes meanwhile would abort the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run(given: list[str], *, in_json: bool) -> int:
    try:
        # In JSON, a mistake in the arguments must be told in JSON too; otherwise typer tells it with the usage.
        ended = typer.main.get_command(app).main(given, prog_name="mainspring", standalone_mode=not in_json)
        return ended if isinstance(ended, int) else 0
    except MainspringError as error:
        complain(error, in_json=in_json)
        return 2 if error.fault == "user" else 1
    except TyperException as error:
        complain_of_usage(error.format_message())
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("MAINSPRING_DEBUG"):
            raise
        report_surprise(error, in_json=in_json)
        return 1
