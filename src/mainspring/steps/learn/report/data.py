"""Data: what happened to the rows, what the columns look like, and what was cleaned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.steps.learn.report.markup import (
    Html,
    card,
    folded,
    join,
    label,
    number,
    said,
    section,
    share,
    short,
    table,
    tag,
    text,
    word,
)  # fmt: skip
from mainspring.steps.learn.report.sentences.said import sentence
from mainspring.steps.learn.report.story import NOTHING, Story

MOST_COLUMNS = 60
MOST_SENTENCES = 40
MOST_PAIRS = 12
PARTS = {
    "train": "used for learning", "test": "held out for this report", "duplicates": "repeated others",
    "unlabelled": "without an answer", "quarantined": "broke an expectation",
}  # fmt: skip
PRIVATE = frozenset({"id", "text", "nested"})
"""Kinds of columns whose single values are not shown: they may point at people."""


def data(story: Story) -> Html:
    return section(
        "data",
        "The data",
        _rows(story),
        _suspects(story.profile),
        _doubts(story),
        _columns(story),
        _cleaning(story.cleaning),
    )


def _doubts(story: Story) -> Html:
    """How many labels may be wrong, by what they are and what they may be: no single row is shown."""
    told = story.found.get("doubts")
    if not told:
        return Html("")
    pairs = Counter((str(one["label"]), str(one["guess"])) for one in told)
    rows = [
        (short(label, 40), short(guess, 40), number(count)) for (label, guess), count in pairs.most_common(MOST_PAIRS)
    ]
    explanation = said(
        "{count} training rows were answered otherwise by models that had not learned from them, and surely so. To look at them: {command}",
        count=tag("b", number(len(told))),
        command=tag("code", f"mainspring label {story.automation.get('name', '')} --doubtful"),
    )
    columns = [("Label", False), ("Rather", False), ("Rows", True)]
    return card(
        "Labels that may be wrong",
        "",
        tag("p", explanation, class_="note"),
        table(columns, rows, "Labels that may be wrong"),
    )


def _rows(story: Story) -> Html:
    counts = story.counts
    collected = counts.get("collected")
    if not collected:
        return Html("")
    parts = {name: int(counts.get(name) or 0) for name in PARTS}
    strip = tag("div", *(tag("i", class_=f"part {name}", style=f"flex-grow:{count}") for name, count in parts.items() if count),
                class_="strip", aria_hidden="true")  # fmt: skip
    listed = [
        tag("li", tag("i", class_=f"dot part {name}", aria_hidden="true"), tag("b", number(count)), " ", said(PARTS[name]), " ",
            tag("span", share(count / collected), class_="note"))
        for name, count in parts.items()
    ]  # fmt: skip
    astray = int(collected) - sum(parts.values())
    total = said("{rows} rows were collected. All are accounted for.", rows=tag("b", number(collected)))
    if astray:
        total = said(
            "{rows} rows were collected, but the parts differ from that by {astray}.",
            rows=tag("b", number(collected)),
            astray=number(astray),
        )
    return card(
        "What happened to the rows",
        "",
        tag("p", total, class_="no" if astray else None),
        strip,
        tag("ul", *listed, class_="legend"),
        wide=True,
    )


def _suspects(profile: Mapping[str, Any]) -> Html:
    found = profile.get("suspects") or ()
    if not found:
        return Html("")
    listed = [tag("li", tag("b", short(s["column"])), ": ", sentence(s["why"], 200)) for s in found[:20]]
    more = (
        tag("p", said("… and {count} more.", count=number(len(found) - 20)), class_="note") if len(found) > 20 else ""
    )
    return card(
        "Columns to look at",
        "These columns may give the answer away or say nothing about new rows.",
        tag("ul", *listed, class_="warn"),
        more,
        wide=True,
    )


def _columns(story: Story) -> Html:
    columns: list[Mapping[str, Any]] = list(story.profile.get("columns") or ())
    if not columns:
        return Html("")
    shown = _most_telling(columns, story)
    suspects = {s["column"] for s in story.profile.get("suspects") or ()}
    rows = [
        (_named(c["name"], c["name"] in suspects),
         word(c.get("kind", "")), share(c.get("missing", 0.0)), number(c.get("distinct")), _face(c), _typical(c))
        for c in shown
    ]  # fmt: skip
    note: Html | str = ""
    if len(shown) < len(columns):
        sizes = {"shown": number(len(shown)), "count": number(len(columns))}
        telling = said("{shown} of {count} columns are shown, the most telling first.", **sizes)
        note = tag("p", telling, class_="note")
    heads = [
        ("Column", False),
        ("Kind", False),
        ("Missing", True),
        ("Distinct", True),
        ("Shape", False),
        ("Typical", False),
    ]
    listing = table(heads, rows, "Columns")
    explanation = "One line for each column, as it arrived. Shape: how often which values occur, from low to high or from common to rare."
    return card(
        "Columns", explanation, note, listing if len(shown) <= 25 else folded("Show the columns", listing), wide=True
    )


def _named(name: object, suspect: bool) -> Html:
    mark = tag("span", " ⚠", title=label("Columns to look at")) if suspect else Html("")
    return tag("b", short(name, 48), title=short(name, 300)) + mark


def _most_telling(columns: list[Mapping[str, Any]], story: Story) -> list[Mapping[str, Any]]:
    if len(columns) <= MOST_COLUMNS:
        return columns
    weight = {str(line["column"]): float(line["value"]) for line in story.evaluation.get("importance") or ()}
    weight[story.target] = float("inf")
    return sorted(columns, key=lambda c: -weight.get(c["name"], 0.0))[:MOST_COLUMNS]


def _face(column: Mapping[str, Any]) -> Html:
    """A small picture of how often which values occur."""
    counts = (column.get("histogram") or NOTHING).get("counts")
    if not counts or column.get("kind") not in ("number", "date"):
        counts = [count for _, count in column.get("top") or ()] if column.get("kind") not in PRIVATE else []
    if not counts or not max(counts):
        return Html("")
    step, most = 96 / len(counts), max(counts)
    path = "".join(
        f"M{i * step:.1f},24v-{max(0.6, 23 * count / most):.1f}h{step * 0.86:.1f}V24z"
        for i, count in enumerate(counts)
        if count
    )
    return Html(f'<svg class="face" viewBox="0 0 96 24" aria-hidden="true"><path d="{path}"/></svg>')


def _typical(column: Mapping[str, Any]) -> Html | str:
    if column.get("kind") in PRIVATE:
        return ""
    spread = column.get("spread")
    if spread and column.get("kind") == "number":
        quantiles: Sequence[float] = spread["quantiles"]
        return said(
            "{low} to {high}, middle {middle}",
            low=number(spread["min"]),
            high=number(spread["max"]),
            middle=number(quantiles[3]),
        )
    return join([text(", ".join(short(value, 24) for value, _ in (column.get("top") or ())[:3]))])


def _cleaning(sentences: Sequence[str]) -> Html:
    if not sentences:
        return Html("")
    listed = tag("ul", *(tag("li", sentence(told, 300)) for told in sentences[:MOST_SENTENCES]))
    more = (
        tag("p", said("… and {count} more.", count=number(len(sentences) - MOST_SENTENCES)), class_="note")
        if len(sentences) > MOST_SENTENCES
        else ""
    )
    return card("What was cleaned", "The same is done to every row that is decided on later.", listed, more, wide=True)
