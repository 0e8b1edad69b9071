"""Picture: a finding as people see it at a glance, as PNG."""

from typing import Any

import altair as alt
import numpy as np
import vl_convert

from mainspring.measure.samples.shape import Shape
from mainspring.model import Question
from mainspring.steps.watch.finding import Finding
from mainspring.steps.watch.kept.reference import Reference
from mainspring.steps.watch.lying import Rows, lying
from mainspring.steps.watch.performance import as_judged
from mainspring.steps.watch.window import Outcomes, Window, target_of, told

BEFORE, NOW = "#9fb5ad", "#c2570c"
MOST_COLUMNS, MOST_CHUNKS = 6, 24
WIDTH, HEIGHT = 220, 140


def picture(finding: Finding, reference: Reference, window: Window) -> bytes | None:
    """How columns lay and lie, how large shares were and are, or how wrong answers were over time; None where there is nothing to see."""
    if finding.kind == "drift":
        return _png(_lying(finding, reference, window), "share of rows", finding.what)
    if finding.kind == "quality" and finding.columns:
        return _png(_shares(finding), "share of rows", finding.what)
    if finding.kind == "performance" and window.outcomes is not None:
        return _over_time(reference, window.outcomes, finding.what)
    return None


def _lying(finding: Finding, reference: Reference, window: Window) -> Rows:
    tables: list[tuple[dict[str, Shape], dict[str, Any]]] = [(dict(reference.columns), dict(window.columns))]
    if finding.subject == "prediction":
        tables = [(dict(reference.answers), told(reference.asked, window.answers))]
    if finding.subject == "target" and window.outcomes is not None:
        name = reference.asked.target
        tables = [({name: reference.target}, {name: target_of(reference.asked, window.outcomes)})]
    shapes, values = tables[0]
    return lying(finding.columns[:MOST_COLUMNS], shapes, values)


def _shares(finding: Finding) -> Rows:
    shares = finding.facts["shares"]
    return [
        {"of": "", "x": column, "o": place, "when": when, "y": float(shares[column][when])}
        for place, column in enumerate(finding.columns[:20])
        for when in ("before", "now")
    ]


def _png(rows: Rows, title: str, above: str) -> bytes | None:
    if not rows:
        return None
    names = list(dict.fromkeys(row["of"] for row in rows))
    colour = alt.Color(
        "when:N", scale=alt.Scale(domain=["before", "now"], range=[BEFORE, NOW]), legend=alt.Legend(title=None)
    )
    one = [
        alt.Chart(
            alt.InlineData(values=[row for row in rows if row["of"] == name]), title=name, width=WIDTH, height=HEIGHT
        )
        .mark_bar()
        .encode(
            x=alt.X("x:N", sort=alt.EncodingSortField("o", order="ascending"), title=None),
            xOffset=alt.XOffset("when:N"),
            y=alt.Y("y:Q", title=title, axis=alt.Axis(format="%")),
            color=colour,
        )
        for name in names
    ]
    return _rendered(alt.concat(*one, columns=3), above)


def _over_time(reference: Reference, known: Outcomes, above: str) -> bytes | None:
    if reference.judged is None:
        return None
    sure = as_judged(reference.judged, known.answers)
    if reference.asked.question == Question.CLASS:
        chosen = sure.argmax(axis=1)
        lines = {"expected": 1 - sure[np.arange(len(known)), chosen], "real": (chosen != known.truth).astype(float)}
    else:
        usual = float(np.mean(reference.judged.errors))
        lines = {"expected": np.full(len(known), usual), "real": np.abs(sure - known.truth.astype(float))}
    rows: Rows = []
    for number, chunk in enumerate(np.array_split(np.arange(len(known)), min(MOST_CHUNKS, max(1, len(known) // 20)))):
        when = str(known.at[chunk[0]])[:19] if known.at is not None else number
        rows += [{"x": when, "y": float(values[chunk].mean()), "which": which} for which, values in lines.items()]
    wrong = "share of wrong answers" if reference.asked.question == Question.CLASS else "mean absolute error"
    chart = alt.Chart(alt.InlineData(values=rows), width=3 * WIDTH, height=1.4 * HEIGHT).mark_line(point=True).encode(
        x=alt.X("x:T" if known.at is not None else "x:Q", title="decided" if known.at is not None else "chunk"),
        y=alt.Y("y:Q", title=wrong, scale=alt.Scale(zero=True)),
        color=alt.Color("which:N", scale=alt.Scale(domain=["expected", "real"], range=[BEFORE, NOW]), legend=alt.Legend(title=None)),
    )  # fmt: skip
    return _rendered(chart, above)


def _rendered(chart: Any, above: str) -> bytes:
    words = above.split("; ")
    titled = chart.properties(title=alt.TitleParams([line[:140] for line in words[:3]], anchor="start", fontSize=13))
    return vl_convert.vegalite_to_png(titled.to_json(), scale=2)
