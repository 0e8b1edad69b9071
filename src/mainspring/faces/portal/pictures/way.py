"""Way: the way of the data through an automation, with how much went where."""

from collections.abc import Sequence
from dataclasses import dataclass

from mainspring.steps.learn.report.markup import Html, join, tag

WIDE, TALL, GAP, TOP = 128, 74, 34, 8


@dataclass(frozen=True, slots=True)
class Station:
    """One station: its name, how much is or went there, a few words, and where it leads."""

    name: str
    count: str
    note: str = ""
    href: str = ""
    kind: str = ""


def way(stations: Sequence[Station], beside: Station | None, label: str) -> Html:
    """Stations from left to right; ``beside`` hangs under the third (what was put aside)."""
    width = len(stations) * (WIDE + GAP) - GAP + 4
    parts = [_arrow(i) for i in range(len(stations) - 1)]
    parts += [_box(station, 2 + i * (WIDE + GAP), TOP) for i, station in enumerate(stations)]
    height = TOP + TALL + 8
    if beside is not None:
        x = 2 + 2 * (WIDE + GAP)
        parts.append(tag("path", d=f"M{x + WIDE / 2} {TOP + TALL}v30", class_="flow aside"))
        parts.append(_box(beside, x, TOP + TALL + 32))
        height += TALL + 34
    drawn = tag("svg", *parts, viewBox=f"0 0 {width} {height}", class_="way", role="group", aria_label=label)
    return tag("div", drawn, class_="scroll", tabindex="0", role="region", aria_label=label)


def _arrow(place: int) -> Html:
    x, y = 2 + place * (WIDE + GAP) + WIDE, TOP + TALL / 2
    return join(
        [
            tag("path", d=f"M{x + 3} {y}h{GAP - 9}", class_="flow"),
            tag("path", d=f"M{x + GAP - 11} {y - 4}l5 4l-5 4", class_="tip"),
        ]
    )


def _box(station: Station, x: float, y: float) -> Html:
    middle = x + WIDE / 2
    inside = join(
        [
            tag("rect", x=x, y=y, width=WIDE, height=TALL, rx="13"),
            tag("text", station.name, x=middle, y=y + 20, class_="name"),
            tag("text", station.count, x=middle, y=y + 43, class_="count"),
            tag("text", station.note, x=middle, y=y + 61, class_="note"),
        ]
    )
    return (
        tag("a", inside, href=station.href, class_=f"station {station.kind}")
        if station.href
        else tag("g", inside, class_=f"station {station.kind}")
    )
