"""Tree: questions within questions."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.steps.learn.report.markup import Html, card, number, said, short, tag

Plain = Mapping[str, Any]


def tree(told: Plain, unit: Html) -> Html:
    how = "Begin at the top and follow what is true of the row; the number at the end is the answer."
    return card(
        "The model, whole", how, unit, tag("ul", *_branches(told["root"], told["outputs"]), class_="tree"), wide=True
    )


def _branches(node: Plain, outputs: Sequence[str]) -> list[Html]:
    if "values" in node:
        labels = outputs if len(node["values"]) > 1 else [""]
        told = ", ".join(f"{short(o, 30)} {number(v, 4)}".strip() for o, v in zip(labels, node["values"], strict=True))
        return [tag("li", "→ ", tag("b", told))]
    name = tag("b", short(node["column"], 40))
    if "among" in node:
        levels = tag("span", short(", ".join(node["among"]) or "–", 300))
        yes, no = (
            said("{column} is among {levels}", column=name, levels=levels),
            said("{column} is another", column=name),
        )
    else:
        at = said("a protected value") if node["at"] is None else Html(number(node["at"], 4))
        yes, no = (
            said("{column} is at most {value}", column=name, value=at),
            said("{column} is above {value}", column=name, value=at),
        )
    missing = said("or missing")
    sides = ((yes, node["left"], node["missing_left"]), (no, node["right"], not node["missing_left"]))
    return [
        tag("li", text, Html(" (") + missing + Html(")") if has_missing else "", tag("ul", *_branches(side, outputs)))
        for text, side, has_missing in sides
    ]
