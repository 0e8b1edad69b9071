"""Pareto: how good candidates are against how long they take for one row; joined are those that nothing beats in both."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mainspring.steps.learn.report.markup import Html, number, tag

WIDTH, HEIGHT, LEFT, BOTTOM, RIGHT, TOP = 720, 300, 62, 44, 24, 16


@dataclass(frozen=True, slots=True)
class Dot:
    """``latency`` in milliseconds, ``score`` with more being better; ``chosen`` are in the model."""

    name: str
    latency: float
    score: float
    chosen: bool


def pareto(dots: Sequence[Dot], words: tuple[str, str], label: str) -> Html:
    """``words`` name the axes (across, up). Nothing where there are fewer than two to compare."""
    fitting = [dot for dot in dots if dot.latency > 0 and math.isfinite(dot.score)]
    if len(fitting) < 2:
        return Html("")
    across = _scale([math.log(dot.latency) for dot in fitting], LEFT, WIDTH - RIGHT)
    up = _scale([dot.score for dot in fitting], HEIGHT - BOTTOM, TOP)
    places = {dot.name: (across(math.log(dot.latency)), up(dot.score)) for dot in fitting}
    front = [places[dot.name] for dot in _unbeaten(fitting)]
    path = "".join(
        f"{'M' if i == 0 else 'H'}{x:.1f} " + (f"{y:.1f}" if i == 0 else f"V{y:.1f}") for i, (x, y) in enumerate(front)
    )
    marks = [
        tag(
            "circle",
            tag("title", f"{dot.name}: {number(dot.score)}, {dot.latency:.3g} ms"),
            cx=f"{places[dot.name][0]:.1f}",
            cy=f"{places[dot.name][1]:.1f}",
            r="7" if dot.chosen else "5",
            class_="chosen" if dot.chosen else "other",
        )
        for dot in fitting
    ]
    return tag(
        "svg",
        *_frame(fitting, words),
        tag("path", d=path, class_="front"),
        *marks,
        *_names(fitting, places),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="chart",
        role="img",
        aria_label=label,
    )


def _scale(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.08 or 0.5
    return lambda value: start + (end - start) * (value - low + room) / (high - low + 2 * room)


def _unbeaten(dots: Sequence[Dot]) -> list[Dot]:
    front: list[Dot] = []
    for dot in sorted(dots, key=lambda dot: (dot.latency, -dot.score)):
        if not front or dot.score > front[-1].score:
            front.append(dot)
    return front


def _frame(dots: Sequence[Dot], words: tuple[str, str]) -> list[Html]:
    scores, times = [dot.score for dot in dots], [dot.latency for dot in dots]
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        tag("path", d=f"M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}", class_="axis"),
        tag("text", number(max(scores), 4), x=LEFT - 8, y=TOP + 14, class_="tick end"),
        tag("text", number(min(scores), 4), x=LEFT - 8, y=HEIGHT - BOTTOM - 6, class_="tick end"),
        tag("text", f"{min(times):.2g} ms", x=LEFT + 6, y=HEIGHT - BOTTOM + 16, class_="tick"),
        tag("text", f"{max(times):.2g} ms", x=WIDTH - RIGHT, y=HEIGHT - BOTTOM + 16, class_="tick end"),
        tag("text", words[0], x=(LEFT + WIDTH) / 2, y=HEIGHT - 8, class_="title"),
        tag("text", words[1], x=14, y=middle, class_="title", transform=f"rotate(-90 14 {middle})"),
    ]


def _names(dots: Sequence[Dot], places: dict[str, tuple[float, float]]) -> list[Html]:
    """Of those that matter most, where they do not run into one another."""
    standing: list[tuple[float, float]] = []
    written: list[Html] = []
    important = {dot.name: None for dot in [*(d for d in dots if d.chosen), *_unbeaten(dots), *dots]}
    for name in important:
        x, y = places[name]
        left = x > WIDTH * 0.72
        at = x - 11 - 7 * len(name) if left else x + 11
        if all(abs(y - other) > 14 or abs(at - begun) > 110 for begun, other in standing):
            standing.append((at, y))
            written.append(
                tag("text", name, x=x - 11 if left else x + 11, y=y + 4, class_="tick end" if left else "tick")
            )
    return written
