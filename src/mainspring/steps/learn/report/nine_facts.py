"""Nine facts: what was seen of the data, the machine and the business, and what each changed; and the plan beside what came."""

from collections.abc import Mapping
from typing import Any

from mainspring.steps.learn.report.markup import Html, card, number, said, section, table, tag, word
from mainspring.steps.learn.report.sentences.said import sentence
from mainspring.steps.learn.report.story import NOTHING, Story

LONGEST = 400
PLANNED = ("seconds", "memory", "disk")


def nine_facts(story: Story) -> Html:
    facts = [fact for fact in story.found.get("facts") or () if fact.get("name")]
    boxes = tag("div", *map(_fact, facts), class_="nine") if facts else Html("")
    lead = said("Nine facts decide which models are tried, and how. What was seen of each, and what it changed.")
    return section("facts", "Nine facts", tag("p", lead, class_="how wide") if facts else "", boxes, _plan(story))


def _fact(fact: Mapping[str, Any]) -> Html:
    changed = fact.get("changed")
    arrow = tag("span", "→ ", class_="arrow", aria_hidden="true")
    outcome = tag("p", arrow, sentence(changed, LONGEST), class_="changed") if changed else Html("")
    return tag("div", tag("h3", word(fact["name"])), tag("p", sentence(fact.get("seen") or "–", LONGEST)), outcome,
               class_="card")  # fmt: skip


def _plan(story: Story) -> Html:
    plan: Mapping[str, Any] = story.found.get("plan") or NOTHING
    expected, actual = plan.get("expected") or NOTHING, plan.get("actual") or NOTHING
    rows = [
        (word(f"plan {name}"), _amount(name, expected.get(name)), _amount(name, actual.get(name)))
        for name in PLANNED
        if expected.get(name) is not None or actual.get(name) is not None
    ]
    if not rows:
        return Html("")
    columns = [("What it takes", False), ("Expected", True), ("Actual", True)]
    return card("Plan and actual", "What was expected before the run, and what it took.",
                table(columns, rows, "Plan and actual"), wide=True)  # fmt: skip


def _amount(name: str, value: Any) -> str:
    if not isinstance(value, int | float):
        return "–"
    return f"{number(value)} s" if name == "seconds" else f"{number(value / 1e6)} MB"
