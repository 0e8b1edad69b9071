"""Choice: which models were tried, what they cost, and which were chosen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mainspring.steps.learn.report.markup import (
    Html,
    bar,
    card,
    number,
    said,
    section,
    share,
    short,
    table,
    tag,
    word,
)
from mainspring.steps.learn.report.pictures import drawn, pareto
from mainspring.steps.learn.report.sentences.said import sentence
from mainspring.steps.learn.report.story import NOTHING, Story
from mainspring.steps.learn.report.summary import verdict

MOST = 60
MOST_POINTS = 40
Candidate = Mapping[str, Any]


def choice(story: Story) -> Html:
    candidates: list[Candidate] = list(story.found.get("candidates") or ())
    ran = [c for c in candidates if _finite(c.get("score"))]
    better = bool(story.found.get("greater_is_better", True))
    ran.sort(key=lambda c: (-_folds(c), -c["score"] if better else c["score"]))
    others = [c for c in candidates if c not in ran]
    return section(
        "choice",
        "The choice",
        _pareto(story, ran, better),
        _leaderboard(ran, story),
        _blend(ran, story),
        _left_out(others),
    )


def _finite(score: Any) -> bool:
    return isinstance(score, int | float) and abs(score) < float("inf") and score == score


def _folds(candidate: Candidate) -> int:
    return int(candidate.get("folds") or 0)


def _comparable(ran: Sequence[Candidate]) -> list[Candidate]:
    """Those judged on the most folds: a score of fewer rows is another score."""
    return [c for c in ran if _folds(c) == _folds(ran[0]) or c.get("weight")]


def _latency(candidate: Candidate) -> float | None:
    latency = candidate.get("latency_ms") or NOTHING
    return latency.get("p95", latency.get("p50"))


def _pareto(story: Story, ran: Sequence[Candidate], better: bool) -> Html:
    points = [
        {"name": short(c.get("name"), 24), "score": c["score"], "latency": _latency(c), "blended": bool(c.get("weight"))}
        for c in _comparable(ran)[:MOST_POINTS] if _latency(c)
    ]  # fmt: skip
    if len(points) < 2:
        return Html("")
    declared = next((k["declared"] for k in story.found.get("kept") or () if k["limit"] == "latency"), None)
    limit = declared * 1000 if isinstance(declared, int | float) else None
    # A limit far beyond every candidate would only squeeze the picture.
    if limit is not None and limit > 3 * max(float(p["latency"]) for p in points):
        limit = None
    picture = drawn(
        pareto(points, greater_is_better=better, limit=limit), "How good and how fast", width=700, height=300
    )
    explanation = "Each dot is a candidate: higher is better, further left is faster. Orange ones are in the blend; nothing beats the line."
    return card("How good and how fast", explanation, picture, wide=True)


def _blend(ran: Sequence[Candidate], story: Story) -> Html:
    members = sorted((c for c in ran if c.get("weight")), key=lambda c: -c["weight"])
    if not members:
        return Html("")
    total = sum(c["weight"] for c in members)
    lines = [
        tag("li", tag("span", short(c.get("name"), 40)), bar(c["weight"] / total), tag("b", share(c["weight"] / total)))
        for c in members
    ]  # fmt: skip
    calibration = story.found.get("calibration")
    note = tag("p", said("Calibration: {method}", method=word(calibration)), class_="note") if calibration else ""
    return card(
        "The chosen blend", "How much each member has to say in the answer.", tag("ul", *lines, class_="bars"), note
    )


def _leaderboard(ran: Sequence[Candidate], story: Story) -> Html:
    if not ran:
        return Html("")
    columns: list[tuple[tuple[str, bool], Callable[[Candidate], object]]] = [
        (("Candidate", False), _named),
        (("Score", True), lambda c: number(c["score"], 4)),
        (("Folds", True), lambda c: number(_folds(c))),
        (("One row, ms", True), lambda c: number(_latency(c), 2)),
        (("Memory, MB", True), lambda c: number(c.get("memory_mb"))),
        (("Training, s", True), lambda c: number(c.get("seconds"))),
        (("Share in the blend", True), lambda c: share(c["weight"]) if c.get("weight") else "–"),
        (("Limits", False), _kept),
    ]
    several = len({_folds(c) for c in ran}) > 1
    shown = {"Folds": several, "Memory, MB": any(c.get("memory_mb") is not None for c in ran)}
    columns = [column for column in columns if shown.get(column[0][0], True)]
    heads = [head for head, _ in columns]
    rows = [tuple(cell(c) for _, cell in columns) for c in ran[:MOST]]
    judged = said(
        "Judged by {objective}, on rows each candidate had not learned from.",
        objective=tag("b", word(story.objective)),
    )
    fewer = said("Scores on fewer folds are of fewer rows: compare them with their like only.") if several else ""
    note = tag("p", judged, " ", fewer, class_="note")
    return card(
        "Leaderboard",
        "",
        note,
        table(heads, rows, "Leaderboard", marked=lambda i: bool(ran[i].get("weight"))),
        wide=True,
    )


def _named(candidate: Candidate) -> Html:
    """The name; of one that was drawn with its settings, which no page of the documentation tells."""
    name, settings = str(candidate.get("name")), candidate.get("settings") or {}
    told = ", ".join(f"{key} {value}" for key, value in settings.items()) if "~" in name else ""
    return tag("b", short(name, 40)) + (tag("div", short(told, 300), class_="note") if told else "")


def _kept(candidate: Candidate) -> Html:
    mark = verdict(bool(candidate.get("kept", True)))
    return mark + tag("span", " ", _why(candidate, 120), class_="note") if candidate.get("why_not") else mark


def _why(candidate: Candidate, longest: int) -> Html:
    """Why it was left out, in both languages."""
    return sentence(candidate.get("why_not") or "–", longest)


def _left_out(others: Sequence[Candidate]) -> Html:
    if not others:
        return Html("")
    listed = [tag("li", tag("b", short(c.get("name"), 40)), ": ", _why(c, 200)) for c in others[:MOST]]
    return card("Not finished or not allowed", "", tag("ul", *listed))
