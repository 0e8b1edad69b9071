"""Row: one row through a linear model in plain numbers, where arrays cost more than the arithmetic."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.tabular.scores import Floats

WIDEST = 100
"""Features from which on arrays are faster."""


def row_weigher(design: Design, weights: Floats, intercept: Floats) -> Callable[[Sequence[float]], float] | None:
    """A function that equals ``design.weigh(row, weights) + intercept`` of one output; None where arrays do better."""
    numbers = len(design.numbers)
    if weights.shape[1] != 1 or numbers + len(design.categories) > WIDEST:
        return None
    marks = iter(weights[numbers : numbers + int(design.has_missing.sum()), 0].tolist())
    first = weights[numbers + int(design.has_missing.sum()) :, 0].tolist()
    of_numbers = tuple(
        (*plain, next(marks) if missing else 0.0)
        for plain, missing in zip(_plain(design, weights), design.has_missing.tolist(), strict=True)
    )
    of_categories = tuple(
        (j, float(levels), first[start : start + levels + 1])
        for j, levels, start in zip(
            design.categories.tolist(), design.levels.tolist(), design.firsts.tolist(), strict=True
        )
    )
    begin = float(intercept[0])

    def weigh(row: Sequence[float]) -> float:
        total = begin
        for j, median, low, high, mean, scale, weight, mark in of_numbers:
            value = row[j]
            if value - value != 0.0:  # NaN and the infinities
                total += mark
                value = median
            total += ((low if value < low else high if value > high else value) - mean) / scale * weight
        for j, levels, held in of_categories:
            code = row[j]
            total += held[int(code) + 1] if 0.0 <= code < levels else held[0]
        return total

    return weigh


def _plain(design: Design, weights: Floats) -> Iterator[tuple[Any, ...]]:
    """Of each number: column, median, low, high, mean, scale, weight."""
    parts = (design.numbers, design.median, design.low, design.high, design.mean, design.scale)
    return zip(*(part.tolist() for part in parts), weights[: len(design.numbers), 0].tolist(), strict=True)
