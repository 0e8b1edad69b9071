"""Tables: how well spans are found, tag by tag and label by label, and what was mistaken for what."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.steps.learn.report.markup import Html, card, number, said, short, table

RATES = ("precision", "recall", "f1")
COLUMNS = [("Precision", True), ("Recall", True), ("F1", True), ("Support", True)]


def found_spans(e: Mapping[str, Any]) -> Html:
    """Nothing where no spans were asked for."""
    if not e.get("tags"):
        return Html("")
    macro = e.get("macro") or {}
    words = card(
        "Tag by tag", "Every word counts once: B- begins a span, I- continues it, O is outside.",
        table([("Tag", False), *COLUMNS], rates_of(e["tags"], "tag", macro.get("tags")), "Tag by tag"),
    )  # fmt: skip
    wholes = card(
        "Label by label", "A span counts as right where both its ends and its label are, as conlleval counts.",
        table([("Label", False), *COLUMNS], rates_of(e.get("entities") or (), "label", macro.get("entities")), "Label by label"),
    )  # fmt: skip
    return Html(words + wholes + _mistakes(e.get("mistakes") or ()))


def rates_of(
    lines: Sequence[Mapping[str, Any]], name: str, mean: Mapping[str, float] | None
) -> list[tuple[object, ...]]:
    """Lines of a table: what ``name`` says, its rates and its support; in the end the ``mean``."""
    rows: list[tuple[object, ...]] = [
        (
            short(line[name]) if line[name] else said("all"),
            *(f"{line[rate]:.3f}" for rate in RATES),
            number(line["support"]),
        )
        for line in lines
    ]
    return rows if mean is None else [*rows, (said("mean"), *(f"{mean[rate]:.3f}" for rate in RATES), "")]


def _mistakes(mistakes: Sequence[Mapping[str, str]]) -> Html:
    if not mistakes:
        return Html("")
    columns = [("Text", False), ("Truth", False), ("Found instead", False)]
    rows = [(short(one["text"], 160), short(one["true"], 80), short(one["found"], 80)) for one in mistakes]
    explained = "The first mistake in each of some texts, evenly chosen."
    return card("Mistakes", explained, table(columns, rows, "Mistakes"), wide=True)
