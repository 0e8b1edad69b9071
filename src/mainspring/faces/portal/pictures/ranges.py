"""Ranges: values over time or beside one another, with the interval each lies in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mainspring.steps.learn.report.markup import Html, number, tag

WIDTH, HEIGHT, LEFT, BOTTOM, RIGHT, TOP = 720, 220, 56, 30, 14, 12


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a place of a line (or none there), from ``low`` to ``high``."""

    value: float | None
    low: float | None = None
    high: float | None = None


def over_time(points: Sequence[Point], names: Sequence[str], reference: Point | None, label: str) -> Html:
    """A line with a band around it, and the reference as a band across; nothing where there is no value."""
    known = [
        one
        for point in [*points, *([reference] if reference else [])]
        for one in (point.value, point.low, point.high)
        if one is not None
    ]
    if not any(point.value is not None for point in points):
        return Html("")
    low, high = min(known), max(known)
    room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    low, high = low - room, high + room

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - low) / (high - low)

    step = (WIDTH - LEFT - RIGHT) / max(1, len(points) - 1)
    places = [(LEFT + i * step if len(points) > 1 else (LEFT + WIDTH) / 2, point) for i, point in enumerate(points)]
    drawn: list[Html] = [tag("path", d=f"M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}", class_="axis")]
    if reference is not None and reference.value is not None:
        drawn += _reference(reference, up)
    drawn += _line(places, up)
    drawn += [
        tag("text", number(high - room), x=LEFT - 8, y=up(high - room) + 4, class_="tick end"),
        tag("text", number(low + room), x=LEFT - 8, y=up(low + room) + 4, class_="tick end"),
        tag("text", names[0], x=LEFT, y=HEIGHT - 9, class_="tick"),
        tag("text", names[-1] if len(names) > 1 else "", x=WIDTH - RIGHT, y=HEIGHT - 9, class_="tick end"),
    ]
    return tag("svg", *drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="chart", role="img", aria_label=label)


def _reference(reference: Point, up: Callable[[float], float]) -> list[Html]:
    assert reference.value is not None  # the caller has looked
    top, bottom = (
        up(reference.high if reference.high is not None else reference.value),
        up(reference.low if reference.low is not None else reference.value),
    )
    y = up(reference.value)
    return [
        tag(
            "rect",
            x=LEFT,
            y=f"{top:.1f}",
            width=WIDTH - LEFT - RIGHT,
            height=f"{max(1.0, bottom - top):.1f}",
            class_="band reference",
        ),
        tag("path", d=f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", class_="reference"),
    ]


def _line(places: Sequence[tuple[float, Point]], up: Callable[[float], float]) -> list[Html]:
    known = [(x, point, point.value) for x, point in places if point.value is not None]
    line = "".join(f"{'M' if i == 0 else 'L'}{x:.1f} {up(value):.1f}" for i, (x, _, value) in enumerate(known))
    whiskers = "".join(
        f"M{x:.1f} {up(p.low):.1f}V{up(p.high):.1f}" for x, p, _ in known if p.low is not None and p.high is not None
    )
    dots = [tag("circle", cx=f"{x:.1f}", cy=f"{up(value):.1f}", r="4.5", class_="chosen") for x, _, value in known]
    return [tag("path", d=whiskers, class_="whisker"), tag("path", d=line, class_="front now"), *dots]
