"""Windowing: the windows of a declaration, made ready for the columns as they are read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.automation.windows.window import Late, Made, Window, made_by
from mainspring.errors import QualityError
from mainspring.measure.values.reading import Reading, reading_to_plain
from mainspring.steps.prepare.clean import CleaningPlan, ColumnPlan

OF_NUMBERS = frozenset({"sum", "mean", "min", "max", "quantiles"})
SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1)
Value = float | str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A window with the columns it makes; lengths in microseconds."""

    kind: str
    over: int
    gap: int
    made: tuple[Made, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The windows over one key. ``columns`` are looked at, ``longest`` is how far the windows reach in microseconds.

    ``mark`` changes whenever what is kept of earlier rows would: 16 hexadecimal digits.
    """

    by: str
    columns: tuple[str, ...]
    windows: tuple[Opened, ...]
    longest: int
    mark: str


@dataclass(frozen=True, slots=True)
class Row:
    """What windows need of a row: ``at`` in microseconds since 1970, and for each group the key (None: of nobody) and the values."""

    at: int
    keys: tuple[str | None, ...]
    values: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Windowing:
    """``time`` is the column of the rows' time; ``allow`` and ``ahead`` are in microseconds. ``columns`` is how those made are read."""

    time: str
    groups: tuple[Group, ...]
    late: Late
    columns: tuple[ColumnPlan, ...]
    needs: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def allow(self) -> int:
        return round(self.late.allow * SECOND)

    @property
    def ahead(self) -> int:
        return round(self.late.ahead * SECOND)

    def keeps(self, group: Group) -> int:
        """How long before the newest row of a key an earlier one may still be asked for."""
        return group.longest + self.allow

    def row(self, cleaned: Mapping[str, Any], now: datetime) -> Row:
        """Of a cleaned record; one without a time is of ``now`` (naive UTC)."""
        at = cleaned.get(self.time)
        keys = tuple(None if (key := plain(cleaned.get(g.by))) is None else f"{key}" for g in self.groups)
        values = tuple(tuple(plain(cleaned.get(name)) for name in g.columns) for g in self.groups)
        return Row(microseconds(now if at is None else at), keys, values)

    def nothing(self) -> dict[str, Value]:
        """The columns of a row whose earlier rows are not known."""
        return dict.fromkeys(self.names)


def windowing_of(automation: Automation, plan: CleaningPlan) -> Windowing | None:
    """None where no windows are declared. ``plan`` may know the windows' columns already.

    Raises:
        UnknownColumn: a window is about a column that is not there. QualityError: one that is not read as it should be.
    """
    prepare, source = automation.prepare, automation.source
    if not prepare.windows or source.time is None:
        return None
    if plan.reading(source.time).kind != "date":
        raise _unfit(source.time, "not read as times", "date")
    groups: dict[str, list[tuple[str, Window]]] = {}
    for name, window in prepare.windows.items():
        groups.setdefault(window.by or source.key or "", []).append((name, window))
        _refuse_unfit(name, window, plan)
    late = prepare.late
    made = tuple(_group(automation.name, by, windows, late, (plan, source.time)) for by, windows in groups.items())
    columns = tuple(_read(one) for group in made for window in group.windows for one in window.made)
    needs = dict.fromkeys((source.time, *(name for group in made for name in (group.by, *group.columns))))
    return Windowing(source.time, made, late, columns, tuple(needs))


def microseconds(moment: datetime) -> int:
    """Since 1970, of a naive moment in UTC."""
    since = moment - EPOCH
    return (since.days * 86400 + since.seconds) * SECOND + since.microseconds


def plain(value: Any) -> Value:
    """A cleaned value as windows compare and keep it: a number without a negative zero, or text."""
    if value is None or value.__class__ is str:
        return value
    return str(value) if isinstance(value, datetime) else float(value) + 0.0


def _group(name: str, by: str, windows: list[tuple[str, Window]], late: Late, read: tuple[CleaningPlan, str]) -> Group:
    plan, time = read
    opened = tuple(
        Opened(w.kind, round(w.over * SECOND), round((w.gap or 0) * SECOND), tuple(made_by(called, w)))
        for called, w in windows
    )
    columns = tuple(dict.fromkeys(one.of for window in opened for one in window.made if one.of))
    longest = max(window.over for window in opened)
    readings = [reading_to_plain(plan.reading(column)) for column in (time, by, *columns)]
    told = json.dumps([name, by, columns, longest, late.allow, readings], sort_keys=True)
    return Group(by, columns, opened, longest, hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16])


def _read(made: Made) -> ColumnPlan:
    words = made.kind == "top"
    reading = Reading("category" if words else "number")
    return ColumnPlan(made.name, str(pa.string() if words else pa.float64()), reading)


def _refuse_unfit(name: str, window: Window, plan: CleaningPlan) -> None:
    for made in made_by(name, window):
        if not made.of:
            continue
        kind = plan.reading(made.of).kind
        if made.kind in OF_NUMBERS and kind not in ("number", "boolean"):
            raise _unfit(made.of, f"not read as numbers, and window {name!r} takes its {made.kind}", "number")
        if made.kind == "top" and kind not in ("category", "text", "id"):
            raise _unfit(made.of, f"not read as words, and window {name!r} names its commonest", "category")


def _unfit(column: str, what: str, kind: str) -> QualityError:
    return QualityError(
        f"column {column!r} is {what}", where="prepare.windows", remedy=f"declare prepare.types: {{{column}: {kind}}}"
    )
