"""Pictures: charts as SVG that takes part in the page: its colours follow light and dark, its words both languages."""

import html
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from mainspring.steps.learn.report.markup import Html, both, label, text
from mainspring.steps.learn.report.words import CHINESE

# Every colour here is written once more in style.css, which turns it for dark screens.
INK, MUTED, GRID, ACCENT, WARM, PALE = "#22302c", "#66756f", "#e3e9e5", "#0f766e", "#c2570c", "#9fb5ad"
WIDTH, HEIGHT = 400, 250
MOST_DOTS = 800
BROAD, TALL, LETTER, LINE = 560, 250, 7, 13
"""About how wide and tall the dots of the broad picture lie, a letter and a line are, in pixels."""
CONFIG: dict[str, Any] = {
    "aria": False, "background": None, "font": "sans-serif", "padding": 4, "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": MUTED, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
        "titlePadding": 8, "gridColor": GRID, "domainColor": GRID, "tickColor": GRID, "tickCount": 5, "labelLimit": 160,
    },
}  # fmt: skip
_SVG = re.compile(r'<svg [^>]*?viewBox="([^"]*)">')
_TEXT = re.compile(r">([^<>]+)</text>")
_EMPTY = re.compile(r'<path class="(?:back|fore)ground"[^>]*d="(?:M0,0h0v0h0Z)?"[^>]*/>')
_NOISE = re.compile(
    r' (?:class="[^"]*"|aria-[a-z]+="[^"]*"|role="[^"]*"|pointer-events="none"|opacity="1"|font-family="[^"]*")'
)

Pairs = Sequence[Sequence[float]]
Dots = list[dict[str, Any]]


def unchecked() -> AbstractContextManager[None]:
    """Within it no part of a chart is held against the schema when it is made, which takes longer than to draw it."""
    return debug_mode(False)


def _dots(pairs: Pairs, most: int = 400) -> Dots:
    """Finite points in their order, thinned evenly to ``most``."""
    good = [(float(x), float(y)) for x, y in pairs if math.isfinite(x) and math.isfinite(y)]
    step = max(1, math.ceil(len(good) / most))
    kept = good[::step] + (good[-1:] if step > 1 else [])
    return [{"x": x, "y": y, "o": order} for order, (x, y) in enumerate(kept)]


def _chart(dots: Dots) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=dots))


def _x(title: str, **scale: Any) -> alt.X:
    return alt.X("x:Q", axis=alt.Axis(title=title, grid=False), scale=alt.Scale(**scale))


def _y(title: str, **scale: Any) -> alt.Y:
    return alt.Y("y:Q", axis=alt.Axis(title=title, domain=False, ticks=False), scale=alt.Scale(**scale))


def _line(dots: Dots, colour: str = ACCENT, **how: Any) -> alt.Chart:
    return _chart(dots).mark_line(color=colour, strokeWidth=how.pop("strokeWidth", 2.5), **how).encode(order="o:Q")


def _diagonal(low: float = 0.0, high: float = 1.0) -> alt.Chart:
    ends = _dots([(low, low), (high, high)])
    return _line(ends, PALE, strokeWidth=1.5, strokeDash=[5, 4])


def curve(pairs: Pairs, x: str, y: str, *, diagonal: bool = False, level: float | None = None) -> alt.TopLevelMixin:
    """A curve within the unit square; with the diagonal of guessing, or at a ``level``."""
    unit = {"domain": [0, 1]}
    layers = [_diagonal()] if diagonal else []
    if level is not None:
        layers.append(_line(_dots([(0, level), (1, level)]), PALE, strokeWidth=1.5, strokeDash=[5, 4]))
    return alt.layer(*layers, _line(_dots(pairs))).encode(_x(x, **unit), _y(y, **unit))


def calibration(bins: Sequence[Mapping[str, float]]) -> alt.TopLevelMixin:
    dots = [
        {"x": float(b["predicted"]), "y": float(b["observed"]), "o": i, "n": b.get("count", 1)}
        for i, b in enumerate(bins)
    ]
    points = (
        _chart(dots)
        .mark_circle(color=ACCENT, opacity=1)
        .encode(alt.Size("n:Q", legend=None, scale=alt.Scale(range=[40, 160])))
    )
    unit = {"domain": [0, 1]}
    layers = alt.layer(_diagonal(), _line(dots, strokeWidth=1.5), points)
    return layers.encode(_x("Predicted probability", **unit), _y("Share that came true", **unit))


def profit(pairs: Pairs, chosen: Mapping[str, float] | None) -> alt.TopLevelMixin:
    layers: list[alt.Chart] = [_line(_dots(pairs))]
    zero = _line(_dots([(0, 0), (1, 0)]), PALE, strokeWidth=1.5)
    if chosen and chosen.get("share") is not None:
        at = _dots([(chosen["share"], chosen["gain"])])
        rule = _chart(at).mark_rule(color=WARM, strokeDash=[5, 4]).encode(x="x:Q")
        layers += [rule, _chart(at).mark_circle(color=WARM, size=130, opacity=1)]
    axis = alt.Axis(title="Share of rows acted on, likeliest first", grid=False, format=".0%")
    x = alt.X("x:Q", axis=axis, scale=alt.Scale(domain=[0, 1]))
    return alt.layer(zero, *layers).encode(x, _y("Total gain on held-out rows"))


def response(entry: Mapping[str, Any]) -> alt.TopLevelMixin:
    """How the answer goes with a column: single rows thin, their mean thick, accumulated local effects dashed."""
    kind, grid = ("T", entry["grid"]) if entry["kind"] == "date" else ("Q", entry["grid"])

    def dots(values: Sequence[float], row: int = 0) -> Dots:
        return [{"x": x, "y": y, "o": i, "row": row} for i, (x, y) in enumerate(zip(grid, values, strict=True))]

    single = [dot for row, line in enumerate(entry.get("lines") or ()) for dot in dots(line, row)]
    layers: list[alt.Chart] = [
        _chart(single).mark_line(color=PALE, strokeWidth=0.8, opacity=0.6).encode(detail="row:N", order="o:Q")
    ]
    layers.append(_line(dots(entry["mean"]), strokeWidth=3))
    if entry.get("accumulated"):
        layers.append(_line(dots(entry["accumulated"]), WARM, strokeWidth=2, strokeDash=[6, 4]))
    axis = alt.Axis(title=None, grid=False, format="%Y-%m-%d" if kind == "T" else alt.Undefined)
    x = alt.X(f"x:{kind}", axis=axis, scale=alt.Scale(zero=False, nice=False))
    return alt.layer(*layers).encode(
        x, _y("Predicted probability" if entry.get("of") is not None else "Predicted", zero=False)
    )


def steps(at: Sequence[float], values: Sequence[Sequence[float]], names: Sequence[str]) -> alt.TopLevelMixin:
    """What a column adds at its values: a line each of ``values`` (outputs × points), named at its end where there are several."""
    colours = (ACCENT, WARM, PALE, MUTED, INK)
    layers: list[alt.Chart] = []
    for place, (line, name) in enumerate(zip(values, names, strict=True)):
        dots = [{"x": x, "y": y, "o": i, "name": name} for i, (x, y) in enumerate(zip(at, line, strict=True))]
        colour = colours[place % len(colours)]
        layers.append(_line(dots, colour))
        if name and dots:
            layers.append(_chart(dots[-1:]).mark_text(color=colour, align="right", dy=-6).encode(text="name:N"))
    return alt.layer(*layers).encode(_x("", zero=False, nice=False), _y("Adds", zero=False))


def predicted(pairs: Pairs) -> alt.TopLevelMixin:
    dots = _dots(pairs, MOST_DOTS)
    values = [value for dot in dots for value in (dot["x"], dot["y"])] or [0.0, 1.0]
    low, high = min(values), max(values)
    cloud = _chart(dots).mark_circle(color=ACCENT, opacity=0.45, size=26)
    scale = {"zero": False, "domain": [low, high if high > low else low + 1], "nice": True}
    return alt.layer(cloud, _diagonal(low, high)).encode(_x("Predicted", **scale), _y("True", **scale))


def residuals(pairs: Pairs, bins: int = 30) -> alt.TopLevelMixin:
    """How often which error (true − predicted) occurs; the outermost bars hold what lies beyond."""
    errors = sorted(float(true) - float(guess) for guess, true in pairs if math.isfinite(true) and math.isfinite(guess))
    low, high = errors[len(errors) // 100], errors[-1 - len(errors) // 100]
    width = (high - low) / bins or 1.0
    counts = [0] * bins
    for error in errors:
        counts[min(bins - 1, max(0, int((error - low) / width)))] += 1
    bars = [{"x": low + i * width, "x2": low + (i + 1) * width, "y": count} for i, count in enumerate(counts)]
    marks = _chart(bars).mark_bar(color=ACCENT, stroke=None, binSpacing=1).encode(x2="x2:Q", y2=alt.datum(0))
    return marks.encode(_x("True minus predicted", zero=False), _y("Rows"))


def pareto(points: Sequence[Mapping[str, Any]], *, greater_is_better: bool, limit: float | None) -> alt.TopLevelMixin:
    """Score against milliseconds. ``points`` have name, score, latency and blended; joined are those that nothing beats in both."""
    dots = [{"x": p["latency"], "y": p["score"], "name": p["name"], "blended": p["blended"]} for p in points]
    front: Dots = []
    for dot in sorted(dots, key=lambda d: (d["x"], -d["y"] if greater_is_better else d["y"])):
        if not front or ((dot["y"] > front[-1]["y"]) == greater_is_better and dot["y"] != front[-1]["y"]):
            front.append({**dot, "o": len(front)})
    colour = alt.condition("datum.blended", alt.value(WARM), alt.value(ACCENT))
    marks = _chart(dots).mark_circle(opacity=1, size=120).encode(color=colour)
    # Names stand to the right, and to the left where they would run out of the picture; where there is no room, nowhere.
    edge = math.sqrt(min(d["x"] for d in dots) * max(d["x"] for d in dots))
    named = _with_room([*(d for d in dots if d["blended"]), *front, *dots], edge)
    left = _names([d for d in named if d["x"] > edge], align="right", dx=-9)
    right = _names([d for d in named if d["x"] <= edge], align="left", dx=9)
    layers: list[alt.Chart] = [_line(front, PALE, strokeWidth=1.5, interpolate="step-after"), marks, left, right]
    if limit is not None:
        layers.append(_chart([{"x": limit}]).mark_rule(color=WARM, strokeDash=[5, 4]).encode(x="x:Q"))
    x = alt.X(
        "x:Q",
        axis=alt.Axis(title="Milliseconds for one row (95th percentile)", grid=False),
        scale=alt.Scale(type="log", nice=False, padding=24),
    )
    y = _y("Score (better is up)", zero=False, reverse=not greater_is_better, padding=14)
    return alt.layer(*layers).encode(x, y)


def _names(dots: Dots, **how: Any) -> alt.Chart:
    return _chart(dots).mark_text(dy=-8, color=INK, fontSize=12, **how).encode(text="name:N")


def _with_room(dots: Dots, edge: float) -> Dots:
    """Of dots, most important first, those whose names do not run into one that stands already."""
    high, low = max(d["y"] for d in dots), min(d["y"] for d in dots)
    wide = 2 * max(1e-9, math.log(max(d["x"] for d in dots) / edge)) or 1.0
    standing: list[tuple[float, float, float]] = []
    chosen: Dots = []
    for dot in dots:
        at, up = BROAD * math.log(dot["x"] / edge) / wide, TALL * (dot["y"] - low) / (high - low or 1.0)
        length = LETTER * len(dot["name"]) + 12
        start = at - length if dot["x"] > edge else at
        if all(abs(up - u) > LINE or start > s + n or s > start + length for s, u, n in standing):
            standing.append((start, up, length))
            chosen.append(dot)
    return chosen


def drawn(chart: alt.TopLevelMixin, title: str, *, width: int = WIDTH, height: int = HEIGHT) -> Html:
    """The chart as SVG within a figure. ``title`` (a fixed text) is what is read out instead of it."""
    spec = chart.properties(width=width, height=height).to_dict(validate=False)
    svg = _tidied(vl_convert.vegalite_to_svg(spec, config=CONFIG, allowed_base_urls=[]))
    broad = ' class="broad"' if width > WIDTH else ""
    return Html(f'<figure role="img" aria-label="{text(label(title))}"{broad}>{svg}</figure>')


def _tidied(svg: str) -> str:
    prefix = f"p{zlib.crc32(svg.encode()):x}-"
    svg = _NOISE.sub("", _EMPTY.sub("", svg))
    svg = svg.replace('id="', f'id="{prefix}').replace("url(#", f"url(#{prefix}")
    svg = _SVG.sub(_opening, svg, count=1)
    return _TEXT.sub(_translated, svg)


def _opening(found: re.Match[str]) -> str:
    width = found[1].split()[2]
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found[1]}" style="width:{width}px" aria-hidden="true" focusable="false">'


def _translated(found: re.Match[str]) -> str:
    english = html.unescape(found[1])
    return f">{both(found[1], html.escape(CHINESE[english]), 'tspan')}</text>" if english in CHINESE else found[0]
