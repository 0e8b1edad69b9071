"""Explained: what the answers rest on: how far columns move them, what is lost without, and how the answer goes with each."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.steps.learn.report.markup import Html, bars, card, join, number, said, section, short, tag, word
from mainspring.steps.learn.report.pictures import drawn, response
from mainspring.steps.learn.report.readable.whole import whole
from mainspring.steps.learn.report.story import Story

MOST = 20
Entry = Mapping[str, Any]


def explained(story: Story) -> Html:
    e = story.evaluation
    return section(
        "explained", "What it rests on", _importance(e.get("importance") or ()), _losses(e.get("losses") or (), story),
        _dependence(e.get("dependence") or ()), whole(story),
    )  # fmt: skip


def _importance(entries: Sequence[Entry]) -> Html:
    lines = sorted(entries, key=lambda entry: -abs(entry.get("value") or 0.0))[:MOST]
    if not any(entry.get("value") for entry in lines):
        return Html("")
    explanation = "How far each column moves the answer on average (mean absolute SHAP value). What is used, not what causes what."
    return card("What it looks at", explanation, bars([(short(line["column"], 40), line) for line in lines]))


def _losses(entries: Sequence[Entry], story: Story) -> Html:
    lines = [entry for entry in entries if entry["value"] > 0][:MOST]
    if not lines:
        return Html("")
    sure = [line for line in lines if line["low"] > 0]
    explanation = "How much worse the answers get when the column's values are dealt out at random among the rows."
    unit = tag("p", said("In {objective}.", objective=tag("b", word(story.objective))), class_="note")
    unsure = said("{count} of them cannot be told from no loss.", count=number(len(lines) - len(sure)))
    note = tag("p", unsure, class_="note") if len(sure) < len(lines) else ""
    return card("What is lost without it", explanation, unit, bars([(short(x["column"], 40), x) for x in lines]), note)


def _dependence(entries: Sequence[Entry]) -> Html:
    if not entries:
        return Html("")
    said_of = entries[0].get("of")
    lead = (
        said("How the probability of {label} goes with one column while all others stay as they are.",
             label=tag("b", short(said_of, 40)))
        if said_of is not None
        else said("How the answer goes with one column while all others stay as they are.")
    )  # fmt: skip
    how = (
        said(
            "Thick: the mean over rows. Thin: single rows; where they cross, the column does not mean the same for all."
        ),
        said("Bars: the mean, and between which values eight of ten rows lie."),
    )
    assumed = (
        said("Rows are asked with values they never had: where columns go together, some of these cannot occur."),
        said("It shows what the model says, not what would happen if the column were changed."),
    )
    head = tag("div", tag("h3", said("How the answer goes with each")), tag("p", lead, " ", join(f + " " for f in how), class_="how"),
               tag("p", join(f + " " for f in assumed), class_="note"), class_="card wide")  # fmt: skip
    # Pictures beside pictures, bars beside bars.
    ordered = sorted(entries, key=lambda entry: entry["kind"] == "category")
    return head + Html("".join(map(_response, ordered)))


def _response(entry: Entry) -> Html:
    title = tag("h3", short(entry["column"], 60), title=short(entry["column"], 300))
    if entry["kind"] == "category":
        lines = [
            (_level(level), {"value": mean, "low": low, "high": high})
            for level, mean, low, high in zip(entry["grid"], entry["mean"], entry["low"], entry["high"], strict=True)
        ]
        return tag("div", title, bars(lines, 3), class_="card")
    picture = drawn(response(entry), "How the answer goes with each")
    return tag("div", title, _together(entry), picture, class_="card")


def _level(level: object) -> str:
    return "∅" if level is None else short(level, 40) or "␣"


def _together(entry: Entry) -> Html:
    other = entry.get("with")
    if not other:
        return Html("")
    correlated = said(
        "It goes with {column} (rank correlation {correlation}).",
        column=tag("b", short(other["column"], 40)),
        correlation=number(other["correlation"], 2),
    )
    dashed = said("Dashed: each row moved to neighbouring values only; believe it where the two differ.")
    return tag("p", correlated, " ", dashed, class_="note")
