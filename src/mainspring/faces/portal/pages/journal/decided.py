"""Decided: one decision as people understand it: what was chosen, how sure, and why."""

from collections.abc import Mapping
from typing import Any

from mainspring.decision import NO_ACTION
from mainspring.faces.portal.pages.parts import money, sheet
from mainspring.faces.portal.pictures.columns import contributions
from mainspring.faces.portal.say import Say
from mainspring.steps.learn.report.markup import Html, number, share, tag

MOST = 12
RADIUS = 52


def answer(say: Say, decision: Mapping[str, Any]) -> Html:
    """The action, the prediction with its chance, and the expected gain."""
    action = decision["action"]
    chosen = say("do nothing") if action == NO_ACTION else action
    chance = decision["probabilities"].get(str(decision["prediction"]))
    gain = decision["gain"]
    facts = [
        tag("div", tag("span", say("Decision"), class_="name"), tag("strong", chosen), class_="figure big"),
        tag(
            "div",
            tag("span", say("Prediction"), class_="name"),
            tag("strong", predicted(decision["prediction"])),
            class_="figure",
        ),
    ]
    if gain is not None:
        facts.append(
            tag("div", tag("span", say("Expected gain"), class_="name"), tag("strong", money(gain)), class_="figure")
        )
    return tag(
        "div",
        ring(chance, say.plain("Chance of {what}", what=predicted(decision["prediction"]))),
        tag("div", *facts, class_="facts"),
        class_="verdict",
    )


def predicted(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        several: list[object] = value  # pyright: ignore[reportUnknownVariableType]
        return ", ".join(map(str, several)) or "–"
    return number(value, 4) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def ring(chance: float | None, label: str) -> Html:
    """A ring that is as full as the chance is high; nothing where there is none."""
    if chance is None:
        return Html("")
    round_ = 2 * 3.14159265 * RADIUS
    return tag(
        "svg",
        tag("circle", cx="64", cy="64", r=RADIUS, class_="rest"),
        tag(
            "circle",
            cx="64",
            cy="64",
            r=RADIUS,
            class_="full",
            stroke_dasharray=f"{chance * round_:.1f} {round_:.1f}",
            transform="rotate(-90 64 64)",
        ),
        tag("text", share(chance), x="64", y="70"),
        viewBox="0 0 128 128",
        class_="ring",
        role="img",
        aria_label=f"{label}: {share(chance)}",
    )


def why(say: Say, decision: Mapping[str, Any]) -> Html:
    """What each value contributed, as bars; and the rules, gains and limits that spoke, in words."""
    reasons, record = decision["reasons"], decision["record"]
    features = sorted((r for r in reasons if r["weight"] is not None), key=lambda r: -abs(r["weight"]))[:MOST]
    lines = [(str(r["feature"]), _shown(record.get(r["feature"])), float(r["weight"])) for r in features]
    words = [
        tag("li", tag("span", say.term(r["kind"]), class_="tag"), " ", say.sentence(r["text"]))
        for r in reasons
        if r["weight"] is None
    ]
    return sheet(
        say("Why"),
        tag("ul", *words, class_="words") if words else "",
        contributions(lines, say.plain("What each value contributed")) if lines else "",
        tag(
            "p",
            say("To the right: what raises the answer. To the left: what lowers it. In the model's own units."),
            class_="muted",
        )
        if lines
        else "",
    )


def _shown(value: object) -> str:
    return "" if value is None else str(value)[:40]
