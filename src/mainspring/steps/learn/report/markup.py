"""Markup: HTML that escapes by default, in two languages at once."""

import html
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mainspring.steps.learn.report.words import CHINESE, TERMS

LONGEST = 80
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Html(str):
    """Text that is markup already; every other text is escaped on its way into a tag."""

    __slots__ = ()

    def __add__(self, other: object) -> "Html":
        return Html(str.__add__(self, text(other)))


def text(value: object) -> Html:
    """``value`` as markup: escaped unless it is already; without control, direction and broken characters."""
    return value if isinstance(value, Html) else Html(html.escape(_UNPRINTABLE.sub("�", str(value))))


def short(value: object, longest: int = LONGEST) -> str:
    """``value`` on one line of at most ``longest`` characters."""
    line = " ".join(str(value)[: 4 * longest].split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def join(parts: Iterable[object]) -> Html:
    return Html("".join(text(part) for part in parts))


def tag(name: str, *children: object, **attributes: object) -> Html:
    """``tag("p", "a<b", class_="note")``: attributes that are None or False are left out; ``_`` is written ``-``."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def said(english: str, **values: object) -> Html:
    """A fixed text in both languages; ``{name}`` stands for a value. KeyError when it has no Chinese in words.py."""
    filled = {name: text(value) for name, value in values.items()}
    return both(text(english).format(**filled), text(CHINESE[english]).format(**filled))


def both(english: str, chinese: str, element: str = "span") -> Html:
    """The same in both languages; the page shows one. ``element`` is ``tspan`` inside pictures."""
    return Html(
        f'<{element} class="en" lang="en">{english}</{element}><{element} class="zh" lang="zh-CN">{chinese}</{element}>'
    )


def label(english: str) -> str:
    """A fixed text for attributes, which cannot be switched: both languages in one."""
    return f"{english} · {CHINESE[english]}"


def word(name: object) -> Html:
    """A term by the name people have for it (``roc_auc``); itself where there is none."""
    return both(*TERMS[str(name)]) if str(name) in TERMS else text(short(name))


def number(value: Any, digits: int = 3) -> str:
    """``12,345``, ``0.0123``, ``3.46``: whole numbers whole, others to ``digits`` significant digits."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "–" if value is None or not isinstance(value, bool | str) else str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}".replace("-", "−")
    if abs(value) >= 10**digits:
        return f"{value:,.0f}".replace("-", "−") if abs(value) < 1e15 else f"{value:.3g}"
    return f"{value:#.{digits}g}".rstrip(".").replace("-", "−")


def share(value: Any) -> str:
    """A part of one as per cent, never rounding something to nothing or to everything."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "–"
    if 0 < value < 0.001:
        return "<0.1 %"
    return (
        f"{value:.1%}".replace("%", " %").replace(".0 ", " ")
        if 0.999 < value < 1 or value < 0.1
        else f"{value:.0%}".replace("%", " %")
    )


Column = tuple[str, bool]
"""A heading (a fixed text) and whether its cells are numbers."""


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    caption: str,
    marked: Callable[[int], bool] | None = None,
) -> Html:
    """A table that scrolls sideways in its own frame on narrow screens; ``marked`` tells which rows stand out."""
    head = tag(
        "tr", *(tag("th", said(name), scope="col", class_="n" if numeric else None) for name, numeric in columns)
    )
    body = [
        tag("tr", *(tag("td", cell, class_="n" if column[1] else None) for cell, column in zip(row, columns, strict=True)),
            class_="marked" if marked and marked(index) else None)
        for index, row in enumerate(rows)
    ]  # fmt: skip
    inner = tag(
        "table",
        tag("caption", said(caption), class_="unseen"),
        tag("thead", head),
        tag("tbody", *body),
        class_="many" if len(columns) > 4 else None,
    )
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=label(caption))


def section(anchor: str, title: str, *children: object) -> Html:
    """A part of the page, or nothing when it has no content."""
    content = join(child for child in children if child)
    return (
        tag(
            "section",
            tag("h2", said(title), id=f"{anchor}-title"),
            content,
            id=anchor,
            aria_labelledby=f"{anchor}-title",
        )
        if content
        else Html("")
    )


def card(title: str, explanation: str, *children: object, wide: bool = False) -> Html:
    """A titled box with one sentence on how to read it, or nothing when it has no content."""
    content = join(child for child in children if child)
    if not content:
        return Html("")
    lead = tag("p", said(explanation), class_="how") if explanation else Html("")
    return tag("div", tag("h3", said(title)), lead, content, class_="card wide" if wide else "card")


def bar(part: float, kind: str = "") -> Html:
    """A horizontal bar of ``part`` (0 to 1) of the room it has."""
    width = min(1.0, max(0.0, part if math.isfinite(part) else 0.0))
    return tag("span", tag("i", style=f"width:{100 * width:.1f}%"), class_=f"bar {kind}".strip(), aria_hidden="true")


def span_bar(line: Mapping[str, Any], scale: tuple[float, float]) -> Html:
    """A bar from zero to ``value`` on a scale (low, high) that holds zero, with a whisker from ``low`` to ``high``."""
    width = scale[1] - scale[0] or 1.0

    def place(value: float) -> float:
        return 100 * min(1.0, max(0.0, (value - scale[0]) / width)) if math.isfinite(value) else 0.0

    start, end = sorted((place(0.0), place(line["value"])))
    body = tag("i", style=f"margin-left:{start:.1f}%;width:{end - start:.1f}%")
    if line.get("low") is None or line.get("high") is None:
        return tag("span", body, class_="bar", aria_hidden="true")
    low, high = place(line["low"]), place(line["high"])
    whisker = tag("u", style=f"left:{low:.1f}%;width:{high - low:.1f}%")
    return tag("span", body, whisker, class_="bar", aria_hidden="true")


def bars(lines: Sequence[tuple[str, Mapping[str, Any]]], digits: int = 2) -> Html:
    """A bar a line, with the range it may be in; all on one scale that holds zero."""
    ends = [line.get(name) or 0.0 for _, line in lines for name in ("value", "low", "high")]
    low, high = min(0.0, *ends), max(0.0, *ends)
    if not any(line["value"] < 0 for _, line in lines):
        low = 0.0
    listed = [
        tag("li", tag("span", name, title=name), span_bar(line, (low, high)), tag("b", number(line["value"], digits), title=_range(line)))
        for name, line in lines
    ]  # fmt: skip
    return tag("ul", *listed, class_="bars")


def _range(line: Mapping[str, Any]) -> str | None:
    if line.get("low") is None or line.get("high") is None:
        return None
    return f"{number(line['low'])} – {number(line['high'])}"


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Terms and what they are; what is None or empty is left out."""
    listed = [tag("dt", said(name)) + tag("dd", value) for name, value in pairs if value not in (None, "", [], {})]
    return tag("dl", *(Html(item) for item in listed)) if listed else Html("")


def folded(title: str, *children: object) -> Html:
    return tag("details", tag("summary", said(title)), *children)
