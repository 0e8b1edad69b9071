"""Decide: ``predict``, ``decide``, ``feedback``, ``explain`` and ``replay``."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any, cast

import orjson
import typer

from mainspring.errors import SourceError
from mainspring.faces.cli.options import HERE, InJson, Name, Output, Place, RowsFile, Version
from mainspring.faces.cli.show.files import check_writable
from mainspring.faces.cli.show.rows import deliver, show_facts
from mainspring.table import Rows
from mainspring.workspace import Workspace

Row = Mapping[str, Any]
REASONS = 2


def predict(
    name: Name, file: RowsFile, output: Output = None, version: Version = None,
    workspace: Place = HERE, in_json: InJson = False,
) -> None:  # fmt: skip
    """Predict for the rows of a file; nothing is decided."""
    check_writable(output)
    with Workspace(workspace) as space:
        answer = space.predict(name, _rows(space, file), version=version)
    deliver(answer, output, in_json=in_json)


def decide(
    name: Name,
    file: RowsFile,
    output: Output = None,
    occasion: Annotated[
        str,
        typer.Option(
            "--occasion", metavar="TEXT", help="A new occasion (2026-12) makes new decisions about the same rows."
        ),
    ] = "",
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Decide for the rows of a file, and queue the actions.

    The actions go out with `mainspring serve` or `mainspring retry`.
    """
    check_writable(output)
    with Workspace(workspace) as space:
        answer = space.decide(name, _rows(space, file), occasion=occasion)
    deliver(answer, output, view=_decision_view, in_json=in_json)


def _decision_view(row: Row) -> Row:
    told = row["reasons"][:REASONS] if row.get("problem") is None else [row["problem"]]
    return {
        "decision": row["decision"],
        "key": row["key"],
        "action": row["action"],
        "gain": row["gain"],
        "because": told,
    }


def feedback(name: Name, file: RowsFile, workspace: Place = HERE, in_json: InJson = False) -> None:
    """Take in what happened after decisions.

    A row has `decision` (the id) or the key column, and `outcome` or the target's name.
    """
    with Workspace(workspace) as space:
        counts = space.feedback(name, _rows(space, file))
    show_facts(counts, in_json=in_json)


def explain(
    name: Name,
    decision: Annotated[str, typer.Argument(help="The id of the decision.", show_default=False)],
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Explain one decision."""
    with Workspace(workspace) as space:
        told = space.explain(name, decision)
    show_facts(told, view=_explained, in_json=in_json)


def _explained(told: Row) -> Row:
    reasons = [reason["text"] for reason in told["reasons"]]
    record = [f"{name} {value}" for name, value in told["record"].items()]
    told = {**told, "receipt": _lines(told["receipt"])}
    return {name: value for name, value in told.items() if value not in ("", None, {}, [])} | {
        "reasons": reasons,
        "record": record,
    }


def replay(
    decision: Annotated[str, typer.Argument(help="The id of the decision.", show_default=False)],
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Make a decision again, and say whether it is the same.

    From the kept record, model version and policy, to the last bit. Ends with 1 when something differs.
    """
    with Workspace(workspace) as space:
        told = space.replay(decision)
    show_facts(told, view=_replayed, in_json=in_json)
    if not told["same"]:
        raise typer.Exit(1)


def _replayed(told: Row) -> Row:
    shown = {name: told[name] for name in ("decision", "automation", "action", "model_version", "policy_version", "at")}
    shown["same"] = "yes, to the last bit" if told["same"] else "no"
    differing = [f"{one['what']}: kept {one['kept']}, now {one['now']}" for one in told["differences"]]
    return shown | ({"differs": differing} if differing else {}) | {"receipt": _lines(told["receipt"])}


def _lines(receipt: Row | None) -> list[str]:
    if receipt is None:
        return ["none: it is older than receipts"]
    told = {**receipt, "codes": ", ".join(receipt["codes"])}
    return [f"{name} {value}" for name, value in told.items() if value not in (None, "")]


def _rows(space: Workspace, file: str) -> Rows:
    return _from_stdin() if file == "-" else space.read_rows(file)


def rows_of(space: Workspace, file: str) -> list[dict[str, Any]]:
    """The rows of a file, or of standard input for ``-``, as records."""
    return _from_stdin() if file == "-" else space.read_rows(file).to_pylist()


def _from_stdin() -> list[dict[str, Any]]:
    return [_row(line, number) for number, line in enumerate(sys.stdin.buffer, start=1) if line.strip()]


def _row(line: bytes, number: int) -> dict[str, Any]:
    where = f"standard input, line {number}"
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise SourceError("this is not JSON in UTF-8", where=where, remedy="give a JSON object a line") from None
    if not isinstance(row, dict):
        raise SourceError("this is JSON, but not an object", where=where, remedy='give {"column": value, …} a line')
    return cast(dict[str, Any], row)
