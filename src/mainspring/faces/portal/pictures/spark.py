"""Spark: a small line of how something went, without axes."""

from collections.abc import Sequence

from mainspring.steps.learn.report.markup import Html, tag

WIDTH, HEIGHT = 240, 44


def spark(values: Sequence[float], label: str) -> Html:
    """``values`` from left to right on a floor of zero; a still line where all are nothing."""
    top = max([*values, 1e-9])
    step = WIDTH / max(1, len(values) - 1)
    points = [(i * step, HEIGHT - 3 - (HEIGHT - 8) * value / top) for i, value in enumerate(values)]
    line = " ".join(f"{'M' if i == 0 else 'L'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
    area = f"{line} L{WIDTH} {HEIGHT} L0 {HEIGHT} Z" if points else ""
    x, y = points[-1] if points else (0.0, 0.0)
    return tag(
        "svg",
        tag("path", d=area, class_="area"),
        tag("path", d=line, class_="line"),
        tag("path", d=f"M{x:.1f} {y:.1f}h.01", class_="tip"),
        viewBox=f"-2 0 {WIDTH + 6} {HEIGHT}",
        class_="spark",
        role="img",
        aria_label=label,
        preserveAspectRatio="none",
    )
