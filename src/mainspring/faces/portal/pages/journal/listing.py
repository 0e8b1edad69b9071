"""Listing: decisions, a row each."""

from typing import Any

from mainspring.decision import NO_ACTION
from mainspring.faces.portal.page import Visit
from mainspring.faces.portal.pages.journal.decided import predicted
from mainspring.faces.portal.pages.parts import grid, money
from mainspring.steps.learn.report.markup import Html, tag


def decisions_grid(visit: Visit, name: str, found: list[dict[str, Any]]) -> Html:
    """Decisions, a row each, that lead to the one explained."""
    say = visit.say
    head = [
        (say("When"), False),
        (say("Key"), False),
        (say("Decision"), False),
        (say("Prediction"), False),
        (say("Chance"), True),
        (say("Gain"), True),
    ]
    rows: list[list[object]] = []
    for one in found:
        chance = one["probabilities"].get(str(one["prediction"]))
        shown = say("do nothing") if one["action"] == NO_ACTION else one["action"]
        rows.append(
            [
                say.ago(one["at"]),
                (one["key"] or "–")[:32],
                tag("a", shown, href=f"/automations/{name}/decisions/{one['decision']}"),
                _predicted(one["prediction"])[:40],
                "–" if chance is None else f"{chance:.1%}",
                money(one["gain"]),
            ]
        )
    return grid(head, rows, say.plain("Decisions"))


def _predicted(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float | bool) else predicted(value)
