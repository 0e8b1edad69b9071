"""Watch: ``watch``."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mainspring.faces.cli.options import HERE, InJson, Name, Place
from mainspring.faces.cli.show.rows import say, show, show_facts, show_json
from mainspring.workspace import Workspace

Row = Mapping[str, Any]
SHOWN = 12


def watch(
    name: Name,
    file: Annotated[
        str | None,
        typer.Option(
            "--rows", metavar="FILE", help="Look at the rows of a file instead; nothing is kept, nobody is told."
        ),
    ] = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Look at an automation now: data quality, drift, performance, what a change costs.

    The gateway does so by itself, every hour unless `watch.every` says otherwise.
    """
    with Workspace(workspace) as space:
        seen = space.watching.look(name) if file is None else space.watching.rows(name, space.read_rows(file))
    if in_json:
        show_json(seen)
        return
    show_facts(seen, view=_seen)
    if seen["columns"]:
        say(
            "How columns, answers and outcomes lie beside those learned from, farthest first (the distance is Jensen–Shannon's):"
        )
        show([_column(one) for one in seen["columns"][:SHOWN]])


def _seen(seen: Row) -> Row:
    findings = [f"{found['severity']}: {found['what']}" for found in seen["findings"]]
    facts: dict[str, Any] = {
        "rows": seen["rows"],
        "outcomes": seen["outcomes"],
        "findings": findings or "nothing is other than it was",
    }
    performance, lost = seen["performance"], seen["loss"]
    if performance is not None:
        for which in ("reference", "estimated", "realised"):
            facts[which] = [
                f"{name} {value:.4g} ({low:.4g} to {high:.4g})"
                for name, (value, low, high) in performance[which].items()
            ]
    if lost is not None:
        per_day = "" if lost["a_day"] is None else f", {lost['a_day']:,.4g} a day"
        facts["loss"] = (
            f"{lost['a_decision']:,.4g} a decision ({lost['low']:,.4g} to {lost['high']:,.4g}){per_day}, by {lost['basis']}"
        )
        facts["cost"] = f"{seen['cost']['value']:,.4g} to learn anew ({seen['cost']['basis']})"
    for subject, change in seen["began"].items():
        facts[f"{subject} changed"] = (
            f"{change['time'] or 'row ' + format(change['at'], ',')}: {change['before']:.4g} → {change['after']:.4g}"
        )
    return {fact: value for fact, value in facts.items() if value not in ("", None, [])}


def _column(one: Row) -> Row:
    wanted = ("column", "distance", "allowed", "psi", "test", "adjusted", "drifted")
    return {name: one[name] for name in wanted}
