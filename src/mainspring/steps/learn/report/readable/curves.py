"""Curves: what each column adds, drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.steps.learn.report.markup import Html, bars, card, number, said, short, table, tag
from mainspring.steps.learn.report.pictures import drawn, steps
from mainspring.steps.learn.report.readable.line import start

MOST_PICTURES = 60
Plain = Mapping[str, Any]


def curves(told: Plain, unit: Html) -> Html:
    how = "The answer is the start plus what the curve of each column adds at the row's value. No column's curve hangs on another's."
    head = card("The model, whole", how, unit, start(told), wide=True)
    beyond = told["curves"][MOST_PICTURES:]
    shown = [_shown(curve, told["outputs"]) for curve in told["curves"][:MOST_PICTURES]]
    if beyond:
        names = short(", ".join(curve["column"] for curve in beyond), 300)
        shown.append(
            tag("p", said("Not drawn, for they move the answer least: {columns}.", columns=names), class_="note")
        )
    return head + Html("".join(shown))


def _shown(curve: Plain, outputs: Sequence[str]) -> Html:
    title = tag("h3", short(curve["column"], 60), title=short(curve["column"], 300))
    several = len(curve["values"]) > 1
    missing = ", ".join(
        f"{short(o, 30) if several else ''} {number(v, 3)}".strip()
        for o, v in zip(outputs or [""], curve["missing"], strict=True)
    )
    note = tag("p", said("Missing adds {value}.", value=missing), class_="note")
    if "levels" in curve:
        if several:
            return tag("div", title, note, _level_table(curve, outputs), class_="card")
        lines = [
            (short(level, 40) or "␣", {"value": v})
            for level, v in zip(curve["levels"], curve["values"][0], strict=True)
        ]
        return tag("div", title, note, bars(lines, 3), class_="card")
    if curve["at"] is None:
        return tag(
            "div", title, note, tag("p", said("Its values are protected, and not shown."), class_="note"), class_="card"
        )
    names = outputs if several else [""]
    return tag(
        "div", title, note, drawn(steps(curve["at"], curve["values"], names), "What a column adds"), class_="card"
    )


def _level_table(curve: Plain, outputs: Sequence[str]) -> Html:
    rows = [
        [short(level, 40), short(output, 30), number(curve["values"][k][i], 3)]
        for i, level in enumerate(curve["levels"])
        for k, output in enumerate(outputs)
    ]
    return table([("Value", False), ("Class", False), ("Adds", True)], rows, "What a column adds")
