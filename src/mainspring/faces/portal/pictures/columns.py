"""Columns: upright bars of counts, and a bar a contribution to either side."""

from collections.abc import Sequence

from mainspring.steps.learn.report.markup import Html, number, tag

WIDTH, HEIGHT = 720, 120


def columns(values: Sequence[int], names: Sequence[str], label: str) -> Html:
    """A bar a value; each says its name and its value to whoever points at it."""
    top, wide = max([*values, 1]), WIDTH / max(1, len(values))
    bars = [
        tag(
            "rect",
            tag("title", f"{name}: {number(value)}"),
            x=f"{i * wide + 1.5:.1f}",
            width=f"{wide - 3:.1f}",
            rx="2",
            y=f"{HEIGHT - max(1.5, HEIGHT * value / top):.1f}",
            height=f"{max(1.5, HEIGHT * value / top):.1f}",
            class_="full" if value else "nothing",
        )
        for i, (value, name) in enumerate(zip(values, names, strict=True))
    ]
    return tag(
        "svg",
        *bars,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="columns",
        role="img",
        aria_label=label,
        preserveAspectRatio="none",
    )


def contributions(lines: Sequence[tuple[str, str, float]], label: str) -> Html:
    """``lines`` are (column, its value, weight): bars to the right raise the answer, bars to the left lower it."""
    most = max((abs(weight) for *_, weight in lines), default=0.0) or 1.0
    listed = [
        tag(
            "li",
            tag("span", tag("b", name), tag("small", value), class_="of"),
            _side(weight / most),
            tag("span", f"{weight:+.2f}".replace("-", "−"), class_="n"),
        )
        for name, value, weight in lines
    ]
    return tag("ul", *listed, class_="contributions", aria_label=label)


def _side(part: float) -> Html:
    width = 50 * min(1.0, abs(part))
    left = 50 if part >= 0 else 50 - width
    bar = tag("i", style=f"left:{left:.1f}%;width:{max(0.6, width):.1f}%", class_="up" if part >= 0 else "down")
    return tag("span", bar, class_="sides", aria_hidden="true")
