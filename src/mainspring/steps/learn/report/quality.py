"""Quality: how good the answers are on rows that no choice had seen."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.measure.metrics import METRICS
from mainspring.steps.learn.report.markup import Html, card, number, said, section, share, short, table, tag, word
from mainspring.steps.learn.report.multilabel.tables import told_labels
from mainspring.steps.learn.report.pictures import calibration, curve, drawn, predicted, profit, residuals
from mainspring.steps.learn.report.spans.tables import found_spans
from mainspring.steps.learn.report.story import Story

MOST_CLASSES = 12
MOST_MIXED_UP = 10
Evaluation = Mapping[str, Any]


def quality(story: Story) -> Html:
    e, before = story.evaluation, story.found.get("metrics") or {}
    return section(
        "quality",
        "How good it is",
        _profit(e),
        _curves(e),
        _calibration(e),
        _errors(e),
        _confusion(e),
        found_spans(e),
        told_labels(e),
        _metrics(e, before),
        _agreement(e.get("agreement")),
        _repeats(e.get("repeats")),
    )


def _profit(e: Evaluation) -> Html:
    pairs = e.get("profit_curve") or ()
    if len(pairs) < 2:
        return Html("")
    picture = drawn(profit(pairs, e.get("chosen")), "Profit by how many are acted on", width=700, height=250)
    explanation = "The total gain when the likeliest rows are acted on first. The orange dot is what was chosen."
    return card("Profit by how many are acted on", explanation, picture, wide=True)


def _curves(e: Evaluation) -> Html:
    cards = Html("")
    if len(e.get("roc") or ()) > 1:
        picture = drawn(curve(e["roc"], "False alarms", "Found", diagonal=True), "ROC curve")
        cards += card(
            "ROC curve",
            "How many of the sought rows are found, against false alarms among the others. The dashed line is guessing.",
            picture,
        )
    if len(e.get("pr") or ()) > 1:
        picture = drawn(curve(e["pr"], "Found", "Right when it says yes", level=_prevalence(e)), "Precision and recall")
        cards += card(
            "Precision and recall",
            "How many alarms are right, against how many of the sought rows are found. The dashed line is guessing.",
            picture,
        )
    return Html(cards)


def _prevalence(e: Evaluation) -> float | None:
    """The share of the positive class among the held-out rows, from the calibration bins that cover them all."""
    bins = e.get("calibration") or ()
    total = sum(b.get("count", 0) for b in bins)
    return sum(b["observed"] * b.get("count", 0) for b in bins) / total if total else None


def _calibration(e: Evaluation) -> Html:
    bins = e.get("calibration") or ()
    if len(bins) < 2:
        return Html("")
    picture = drawn(calibration(bins), "Can the probabilities be believed?")
    return card(
        "Can the probabilities be believed?",
        "Dots on the dashed line mean: of rows said to be 30 % probable, 30 % came true.",
        picture,
    )


def _errors(e: Evaluation) -> Html:
    pairs = e.get("residuals") or ()
    if len(pairs) < 2:
        return Html("")
    first = card(
        "Predicted and true",
        "Each dot is a held-out row; on the dashed line the prediction is exact.",
        drawn(predicted(pairs), "Predicted and true"),
    )
    second = card(
        "Errors", "How far off, how often. Left of zero the prediction was too high.", drawn(residuals(pairs), "Errors")
    )
    return Html(first + second)


def _confusion(e: Evaluation) -> Html:
    confusion = e.get("confusion") or {}
    labels, counts = confusion.get("labels") or [], confusion.get("counts") or []
    if not labels or not counts:
        return Html("")
    threshold = e.get("threshold")
    at = (
        tag("p", said("At the chosen threshold of {threshold}.", threshold=tag("b", number(threshold))), class_="note")
        if threshold is not None
        else ""
    )
    note: Html | str = ""
    kept = list(range(len(labels)))
    if len(labels) > MOST_CLASSES:
        kept = sorted(kept, key=lambda i: -sum(counts[i]))[:MOST_CLASSES]
        note = tag(
            "p",
            said(
                "The {shown} most frequent of {count} classes.", shown=number(MOST_CLASSES), count=number(len(labels))
            ),
            class_="note",
        )
    grid = _grid([labels[i] for i in kept], [[counts[i][j] for j in kept] for i in kept])
    return card(
        "Right and wrong",
        "Rows: what was true. Columns: what was said. The diagonal is right.",
        at,
        note,
        grid,
        _mixed_up(labels, counts),
        wide=len(kept) > 4,
    )


def _grid(labels: Sequence[Any], counts: Sequence[Sequence[int]]) -> Html:
    head = tag("tr", tag("td"), *(tag("th", short(name, 18), scope="col", title=short(name)) for name in labels))
    lines = [
        tag("tr", tag("th", short(name, 18), scope="row", title=short(name)), *_cells(row, i))
        for i, (name, row) in enumerate(zip(labels, counts, strict=True))
    ]
    return tag("div", tag("table", head, *lines, class_="confusion"), class_="scroll", tabindex="0")


def _cells(row: Sequence[int], diagonal: int) -> list[Html]:
    total = sum(row) or 1
    return [
        tag("td", tag("b", number(count)), tag("small", share(count / total)),
            class_="right" if j == diagonal else "wrong", style=f"--part:{count / total:.3f}")
        for j, count in enumerate(row)
    ]  # fmt: skip


def _mixed_up(labels: Sequence[Any], counts: Sequence[Sequence[int]]) -> Html:
    if len(labels) <= MOST_CLASSES:
        return Html("")
    pairs = sorted(((n, i, j) for i, row in enumerate(counts) for j, n in enumerate(row) if i != j and n), reverse=True)
    rows = [(short(labels[i], 40), short(labels[j], 40), number(n)) for n, i, j in pairs[:MOST_MIXED_UP]]
    return table([("True", False), ("Said", False), ("Rows", True)], rows, "Most often mixed up") if rows else Html("")


def _metrics(e: Evaluation, before: Mapping[str, float]) -> Html:
    metrics = e.get("metrics") or {}
    if not metrics:
        return Html("")
    rows = [
        (word(name), number(m.get("value"), 4), number(m.get("low"), 4), number(m.get("high"), 4), number(before.get(name), 4))
        for name, m in metrics.items()
    ]  # fmt: skip
    columns = [("Measure", False), ("Value", True), ("At least", True), ("At most", True), ("Out of fold", True)]
    if not before:
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return card(
        "All measures",
        "On the held-out rows, with the range that 95 % of redrawn samples stay in.",
        table(columns, rows, "All measures"),
    )


def _agreement(agreed: Mapping[str, Any] | None) -> Html:
    if not agreed:
        return Html("")
    told = said(
        "Out of fold, where the choice was made, {metric} was {before}; on the test rows it is {test} ({low} to {high}).",
        metric=word(agreed["metric"]), before=tag("b", number(agreed["out_of_fold"], 4)), test=tag("b", number(agreed["test"], 4)),
        low=number(agreed["low"], 4), high=number(agreed["high"], 4),
    )  # fmt: skip
    better = METRICS[agreed["metric"]].greater_is_better == (agreed["test"] > agreed["out_of_fold"])
    verdict = (
        said("The two agree: chance explains the difference.")
        if agreed["agrees"]
        else said("The test rows say more than chance explains: they may be easier than what comes.")
        if better
        else said("The test rows say less than chance explains: expect no more than their value.")
    )
    good = agreed["agrees"] or better
    mark = tag("span", "✓ " if good else "⚠ ", class_="yes" if good else "no", aria_hidden="true")
    return card("Does it keep what it promised?", "", tag("p", told), tag("p", mark, verdict))


def _repeats(repeats: Mapping[str, Any] | None) -> Html:
    if not repeats:
        return Html("")
    metric = word(repeats["metric"])
    told = said(
        "{metric}: {mean} on average, {deviation} from split to split.",
        metric=metric, mean=tag("b", number(repeats["mean"], 4)), deviation=tag("b", number(repeats["deviation"], 2)),
    )  # fmt: skip
    rows = [
        (number(i), number(split["rows"]), number(split["value"], 4), ", ".join(short(name, 24) for name in split["members"]))
        for i, split in enumerate(repeats["splits"], start=1)
    ]  # fmt: skip
    columns = [("Split", True), ("Rows", True), ("Value", True), ("Members", False)]
    title = said("Over {count} splits", count=number(len(rows)))
    how = "The whole of learning done again on other splits, each within its share of the time; the first is the version registered."
    return tag("div", tag("h3", title), tag("p", said(how), class_="how"), tag("p", told), table(columns, rows, "All measures"),
               class_="card wide")  # fmt: skip
