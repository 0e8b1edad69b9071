"""Pairs: shares of groups as two bars each, before and now."""

from collections.abc import Sequence

from mainspring.steps.learn.report.markup import Html, share, tag

WIDTH, HEIGHT, FLOOR = 320, 120, 16


def pairs(names: Sequence[str], before: Sequence[float], now: Sequence[float], label: str) -> Html:
    """A pair of bars a group; each says its group and its share to whoever points at it."""
    top, wide = max([*before, *now, 1e-9]), WIDTH / max(1, len(names))
    bars: list[Html] = []
    for i, name in enumerate(names):
        for value, kind, shift in ((before[i], "before", 0.1), (now[i], "now", 0.5)):
            high = max(1.0, (HEIGHT - FLOOR) * value / top)
            bars.append(
                tag("rect", tag("title", f"{name}: {share(value)}"), x=f"{(i + shift) * wide:.1f}", y=f"{HEIGHT - FLOOR - high:.1f}",
                    width=f"{0.38 * wide:.1f}", height=f"{high:.1f}", rx="1.5", class_=kind)
            )  # fmt: skip
    ends = [
        tag("text", names[0][:18], x="2", y=HEIGHT - 3),
        tag("text", names[-1][:18] if len(names) > 1 else "", x=WIDTH - 2, y=HEIGHT - 3, class_="end"),
    ]
    return tag("svg", *bars, *ends, viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="pairwise", role="img", aria_label=label)
