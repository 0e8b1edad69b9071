"""Dates as whole-number arithmetic: the parts of a moment from its microseconds since 1970."""

from collections.abc import Callable, Mapping

import numpy as np

from mainspring.measure.graph import Graph, Wire
from mainspring.steps.prepare.export.inputs import no_date
from mainspring.steps.prepare.features.dates import Dates
from mainspring.steps.prepare.features.feature import NAN

HOUR = 3_600_000_000
DAY = 24 * HOUR


def dates(feature: Dates, graph: Graph, wire: Wire) -> list[Wire]:
    """The parts (n, 1) of microseconds since 1970 (n, 1); NaN where there is no date."""
    missing = no_date(graph, wire)
    ticks = graph.add("Where", missing, graph.constant(np.int64(0)), wire)
    whole = _Whole(graph)
    days, nothing = whole.floor(ticks, DAY), graph.constant(NAN)
    found: list[Wire] = []
    for part in feature.parts:
        if part == "days":
            since = graph.add("Cast", whole.plus(ticks, -feature.reference), to="double")
            value = graph.add("Div", since, graph.constant(float(DAY)))
        else:
            taken = whole.floor(whole.rest(ticks, DAY), HOUR) if part == "hour" else PARTS[part](whole, days)
            value = graph.add("Cast", taken, to="double")
        found.append(graph.add("Where", missing, nothing, value))
    return found


class _Whole:
    """Arithmetic with whole numbers that rounds down, as Python's does."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def plus(self, wire: Wire, number: int) -> Wire:
        return self.graph.add("Add", wire, self.number(number))

    def times(self, wire: Wire, number: int) -> Wire:
        return self.graph.add("Mul", wire, self.number(number))

    def rest(self, wire: Wire, divisor: int) -> Wire:
        return self.graph.add("Mod", wire, self.number(divisor))

    def floor(self, wire: Wire, divisor: int) -> Wire:
        return self.graph.add("Div", self.graph.add("Sub", wire, self.rest(wire, divisor)), self.number(divisor))

    def minus(self, first: Wire, *others: Wire) -> Wire:
        for other in others:
            first = self.graph.add("Sub", first, other)
        return first

    def number(self, value: int) -> Wire:
        return self.graph.constant(np.int64(value))


def _calendar(whole: _Whole, days: Wire) -> tuple[Wire, Wire, Wire]:
    """Year, month and day of days since 1970, in years that begin in March (H. Hinnant, *chrono-compatible low-level date algorithms*)."""
    since = whole.plus(days, 719_468)
    era_of, day = whole.floor(since, 146_097), whole.rest(since, 146_097)
    leaps = whole.minus(
        day, whole.floor(day, 1_460), whole.times(whole.floor(day, 36_524), -1), whole.floor(day, 146_096)
    )
    year = whole.floor(leaps, 365)
    in_year = whole.minus(day, whole.times(year, 365), whole.floor(year, 4), whole.times(whole.floor(year, 100), -1))
    march = whole.floor(whole.plus(whole.times(in_year, 5), 2), 153)
    day_of_month = whole.plus(whole.minus(in_year, whole.floor(whole.plus(whole.times(march, 153), 2), 5)), 1)
    month = whole.plus(whole.rest(whole.plus(march, 2), 12), 1)
    after = whole.floor(whole.plus(march, 2), 12)
    total = whole.graph.add("Add", whole.graph.add("Add", year, whole.times(era_of, 400)), after)
    return total, month, day_of_month


def _weekday(whole: _Whole, days: Wire) -> Wire:
    return whole.rest(whole.plus(days, 3), 7)


def _weekend(whole: _Whole, days: Wire) -> Wire:
    return whole.graph.add("GreaterOrEqual", _weekday(whole, days), whole.number(5))


PARTS: Mapping[str, Callable[[_Whole, Wire], Wire]] = {
    "year": lambda whole, days: _calendar(whole, days)[0],
    "month": lambda whole, days: _calendar(whole, days)[1],
    "day": lambda whole, days: _calendar(whole, days)[2],
    "weekday": _weekday,
    "weekend": _weekend,
}
