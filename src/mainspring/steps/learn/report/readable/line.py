"""Line: a table of weights."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.steps.learn.report.markup import Html, card, folded, number, said, short, table, tag

FIRST_LINES, MOST_LINES = 15, 600
Plain = Mapping[str, Any]


def line(told: Plain, unit: Html) -> Html:
    outputs = told["outputs"] if len(told["outputs"]) > 1 else [""]
    lines = [row for term in told["terms"] for row in _lines(term, outputs)]
    columns = [("Column", False), ("Value", False), *([("Class", False)] if len(outputs) > 1 else []), ("Weight", True),
               ("Counts from", True), ("Counts to", True), ("Missing adds", True), ("Missing counts as", True)]  # fmt: skip
    first, rest = lines[:FIRST_LINES], lines[FIRST_LINES:MOST_LINES]
    shown = [table(columns, first, "Weights")]
    if rest:
        shown.append(folded("All other weights", table(columns, rest, "All other weights")))
    if len(lines) > MOST_LINES:
        shown.append(tag("p", said("… and {count} more.", count=number(len(lines) - MOST_LINES)), class_="note"))
    how = "The answer is the start plus, for each number, its value times the weight, and for each category the weight of its value."
    return card("The model, whole", how, unit, start(told), *shown, wide=True)


def start(told: Plain) -> Html:
    named = zip(told["outputs"] or [""], told["start"], strict=True)
    values = ", ".join(
        f"{short(name, 30)} {number(v, 4)}".strip() if len(told["start"]) > 1 else number(v, 4) for name, v in named
    )
    return tag("p", said("It starts at {start}.", start=tag("b", values)))


def _lines(term: Plain, outputs: Sequence[str]) -> list[list[object]]:
    name = short(term["column"], 40)
    rows: list[list[object]] = []
    for place, output in enumerate(outputs):
        label = [short(output, 30)] if len(outputs) > 1 else []
        weight = number(term["weights"][place], 4)
        if term.get("level") is not None:
            value: object = short(term["level"], 40) or said("other, or missing")
            rows.append([name, value, *label, weight, "", "", "", ""])
            continue
        missing = term.get("missing")
        ends = [number(term.get(end), 4) if term.get(end) is not None else "" for end in ("low", "high", "usual")]
        rows.append(
            [
                name,
                said("each unit"),
                *label,
                weight,
                *ends[:2],
                "" if missing is None else number(missing[place], 4),
                ends[2],
            ]
        )
    return rows
