"""History: the earlier rows of one key, and what the windows tell of them at a moment."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import ceil, fsum, isfinite
from typing import Any

from mainspring.steps.prepare.windows.windowing import SECOND, Group, Opened, Value

SLACK = 64
"""So many rows too old for any window are borne before they are dropped."""


class History:
    """The rows of a key in the order of their times (µs since 1970), a column a list; those that no window reaches are dropped."""

    __slots__ = ("columns", "times")

    def __init__(self, width: int) -> None:
        self.times: list[int] = []
        self.columns: list[list[Value]] = [[] for _ in range(width)]

    def __len__(self) -> int:
        return len(self.times)

    @property
    def newest(self) -> int | None:
        return self.times[-1] if self.times else None

    def add(self, at: int, values: Sequence[Value]) -> None:
        if not self.times or at >= self.times[-1]:
            self.times.append(at)
            for column, value in zip(self.columns, values, strict=True):
                column.append(value)
            return
        place = bisect_right(self.times, at)
        self.times.insert(place, at)
        for column, value in zip(self.columns, values, strict=True):
            column.insert(place, value)

    def forget(self, keeps: int) -> bool:
        """Drop what is older than the newest by more than ``keeps``; whether something was dropped."""
        if not self.times:
            return False
        gone = bisect_left(self.times, self.times[-1] - keeps)
        if gone <= SLACK or gone * 2 < len(self.times):
            return False
        del self.times[:gone]
        for column in self.columns:
            del column[:gone]
        return True

    def tell(self, group: Group, at: int) -> dict[str, Value]:
        """The columns of all windows for a row of this moment."""
        told: dict[str, Value] = {}
        until = bisect_left(self.times, at)
        for window in group.windows:
            begins = self._begins(window, at, until)
            slices: dict[str, list[Value]] = {}
            for made in window.made:
                if made.kind == "count":
                    told[made.name] = float(until - begins)
                elif made.kind == "since_last":
                    told[made.name] = (at - self.times[until - 1]) / SECOND if until > begins else None
                else:
                    if made.of not in slices:
                        column = self.columns[group.columns.index(made.of)]
                        slices[made.of] = [value for value in column[begins:until] if value is not None]
                    told[made.name] = _of(made.kind, slices[made.of], made.level)
        return told

    def _begins(self, window: Opened, at: int, until: int) -> int:
        """The place of the first row that counts."""
        if window.kind == "tumbling":
            return bisect_left(self.times, at // window.over * window.over, 0, until)
        first = bisect_left(self.times, at - window.over, 0, until)
        if window.kind == "sliding":
            return first
        place, after = until, at
        while place > first and after - self.times[place - 1] <= window.gap:
            place -= 1
            after = self.times[place]
        return place


def _of(kind: str, values: list[Any], level: float) -> Value:
    """``values`` are without nulls: numbers, or texts where ``kind`` is distinct or top."""
    if kind == "distinct":
        return float(len(set(values)))
    if kind == "top":
        often = sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))
        return often[int(level)][0] if level < len(often) else None
    if kind in ("sum", "mean"):
        return exact(values) if kind == "sum" else mean(exact(values), len(values))
    if not values:
        return None
    if kind == "quantiles":
        return sorted(values)[rank(level, len(values))]
    return min(values) if kind == "min" else max(values)


def exact(values: Sequence[float]) -> float | None:
    """The exact sum, rounded once; None beyond what a number can be."""
    try:
        total = fsum(values)
    except OverflowError:  # on the way, not necessarily in the end
        try:
            total = float(sum(map(Fraction, values)))
        except OverflowError:
            return None
    return total + 0.0 if isfinite(total) else None


def mean(total: float | None, count: int) -> float | None:
    return None if total is None or not count else total / count


def rank(level: float, count: int) -> int:
    """The place, among so many in order, of the least value that a share ``level`` of them does not exceed."""
    return min(max(ceil(level * count) - 1, 0), count - 1)
