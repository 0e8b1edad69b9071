"""Complaints: what went wrong, where, and what to do, on standard error; as JSON where JSON was asked for."""

import json
import sys
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from mainspring.errors import BadRecord, MainspringError, Problem, SpecError

ASK_FOR_TRACEBACK = "set MAINSPRING_DEBUG=1 and run it again to see where, and tell us"


def complain(error: MainspringError, *, in_json: bool) -> None:
    if in_json:
        _print_json(as_dict(error))
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    place = Text(f"{error.where}: ", style="cyan") if error.where else Text()
    console.print(Text("✗ ", style="bold red") + place + Text(error.what, style="bold"))
    for field, what in error.fields.items() if isinstance(error, BadRecord) else ():
        console.print(Text(f"  {field}: {what}"))
    for problem in error.problems if isinstance(error, SpecError) else ():
        console.print(problem_line(problem, error.where))
    if error.remedy:
        console.print(Text(f"  → {error.remedy}", style="green"))


def complain_of_usage(message: str) -> None:
    """A mistake in the arguments, in JSON: typer tells it itself otherwise."""
    _print_json({"error": "Usage", "what": message, "remedy": "see --help"})


def report_surprise(error: Exception, *, in_json: bool) -> None:
    """Something we did not foresee. Its message may quote data, so only its kind is shown."""
    what = f"Mainspring made a mistake ({type(error).__name__}), sorry"
    if in_json:
        _print_json({"error": type(error).__name__, "what": what, "remedy": ASK_FOR_TRACEBACK, "fault": "ours"})
    else:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(Text("✗ ", style="bold red") + Text(f"{what}: {ASK_FOR_TRACEBACK}"))


def as_dict(error: MainspringError) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "error": type(error).__name__,
        "what": error.what,
        "where": error.where,
        "remedy": error.remedy,
        "fault": error.fault,
    }
    if isinstance(error, SpecError):
        plain["problems"] = [asdict(problem) for problem in error.problems]
    if isinstance(error, BadRecord):
        plain["fields"] = error.fields
    return plain


def problem_line(problem: Problem, file: str) -> Text:
    """``retention.yaml:12 learn.optimize  unknown key → did you mean 'optimise'?``"""
    line = Text(f"{file}:{problem.line} " if problem.line else f"{file} ", style="cyan")
    line += Text(problem.path, style="bold") + Text(f"  {problem.what}")
    return line + Text(f" → {problem.remedy}", style="green") if problem.remedy else line


def _print_json(plain: dict[str, Any]) -> None:
    print(json.dumps(plain, ensure_ascii=False), file=sys.stderr)
