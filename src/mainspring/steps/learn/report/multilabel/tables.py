"""Tables: how well labels are told, label by label, and which rows were told otherwise."""

from collections.abc import Mapping
from typing import Any

from mainspring.steps.learn.report.markup import Html, card, said, short, table, tag
from mainspring.steps.learn.report.spans.tables import COLUMNS, rates_of

MOST = 200


def told_labels(e: Mapping[str, Any]) -> Html:
    """Nothing where no labels were asked for."""
    if not e.get("labels"):
        return Html("")
    lines = [line for line in e["labels"] if line["label"]]
    together = [line for line in e["labels"] if not line["label"]]
    lines = sorted(lines, key=lambda line: -line["support"])[:MOST]
    rows = rates_of([*lines, *together], "label", (e.get("macro") or {}).get("labels"))
    unseen = e.get("unseen") or ()
    note: Html | str = ""
    if unseen:
        told = said(
            "On test rows alone, thus never learned: {labels}.", labels=", ".join(short(one, 40) for one in unseen[:10])
        )
        note = tag("p", told, class_="note")
    each = card(
        "Each label by itself",
        "Every label of every row counts once. “All” counts them together (micro); “mean” is the plain mean of the labels (macro).",
        table([("Label", False), *COLUMNS], rows, "Each label by itself"), note,
    )  # fmt: skip
    return Html(each + _mistakes(e))


def _mistakes(e: Mapping[str, Any]) -> Html:
    mistakes = e.get("mistakes") or ()
    if not mistakes:
        return Html("")
    columns = [("Text", False), ("Truth", False), ("Found instead", False)]
    rows = [(short(one["text"], 160), short(one["true"], 80), short(one["found"], 80)) for one in mistakes]
    explained = "Some rows whose labels were told otherwise, evenly chosen."
    return card("Mistakes", explained, table(columns, rows, "Mistakes"), wide=True)
