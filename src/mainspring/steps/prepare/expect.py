"""Expect: rows that are not what the declaration expects go to quarantine with the reason; the others go on."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from mainspring.automation.condition import Condition
from mainspring.automation.prepare import Expectation, Prepare
from mainspring.errors import SpecError, UnknownColumn
from mainspring.measure.values import arrays
from mainspring.measure.values.dates import read_date
from mainspring.measure.values.numerals import read_number
from mainspring.measure.values.words import plain_text, truth

REASON = "_reason"
MISSING = "is missing"
TWICE = "stands more than once"

Test = Callable[[Any], str | None]
"""A present value → what it breaks, or None."""


@dataclass(frozen=True, slots=True)
class Judged:
    """``kept`` says of each row whether it goes on; ``quarantine`` holds the others, in order, with ``_reason``."""

    kept: np.ndarray
    quarantine: pa.Table


class Expectations:
    """The expectations of a declaration, made ready once. Null breaks nothing but ``required``.

    Reasons name the column and what must hold, never the value found.

    Raises:
        SpecError: a regular expression or a condition cannot be read.
    """

    def __init__(self, prepare: Prepare) -> None:
        self._of_columns = {name: expected for name, expected in prepare.expect.items()
                            if prepare.protect.get(name) != "drop"}  # fmt: skip
        self._tests = {name: _tests(name, expected) for name, expected in self._of_columns.items()}
        self._conditions = [(text, Condition(text)) for text in prepare.conditions]

    def judge(self, table: pa.Table) -> Judged:
        """Judge every row of a cleaned table.

        Raises:
            UnknownColumn: an expectation or condition is about a column that the table does not have.
            SpecError: a limit cannot be compared with the column (a date with a number).
            DecideError: a condition compares what cannot be compared.
        """
        self._refuse_unknown(table)
        reasons: dict[int, list[str]] = {}
        for name, expected in self._of_columns.items():
            for row, why in self._of_column(table, name, expected):
                reasons.setdefault(row, []).append(f"{name} {why}")
        for text, condition in self._conditions:
            for row in _broken(table, condition):
                reasons.setdefault(row, []).append(f"{text} does not hold")
        kept = np.ones(len(table), dtype=bool)
        bad = sorted(reasons)
        kept[bad] = False
        told = pa.array(["; ".join(reasons[row]) for row in bad], pa.string())
        return Judged(kept, table.take(pa.array(bad, pa.int64())).append_column(REASON, told))

    def violations(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Field → what a cleaned record breaks; a condition stands under its first field, ``unique`` is not judged."""
        found: dict[str, str] = {}
        for name, tests in self._tests.items():
            value = record.get(name)
            broken = _broken_by(value, tests) if value is not None else self._absent(name)
            if broken:
                found[name] = broken
        for text, condition in self._conditions:
            names = _names_in_order(text, condition)
            if not _holds(condition, {name: record.get(name) for name in names}):
                found.setdefault(names[0] if names else text, f"{text} does not hold")
        return found

    @property
    def names(self) -> frozenset[str]:
        """The columns that anything is expected of."""
        return frozenset(self._of_columns).union(*(condition.names for _, condition in self._conditions))

    def _absent(self, name: str) -> str | None:
        return MISSING if self._of_columns[name].required else None

    def _of_column(self, table: pa.Table, name: str, expected: Expectation) -> list[tuple[int, str]]:
        array = arrays.one_chunk(table.column(name))
        tests = self._tests[name]
        told = arrays.by_distinct(array, lambda value: _broken_by(value, tests), pa.string())
        found = [(int(row), told[row].as_py()) for row in np.flatnonzero(_mask(told.is_valid()))]
        if expected.required:
            found.extend((int(row), MISSING) for row in np.flatnonzero(_mask(array.is_null())))
        if expected.unique:
            again = ~pl.Series(array).is_first_distinct().to_numpy() & _mask(array.is_valid())
            found.extend((int(row), TWICE) for row in np.flatnonzero(again))
        return found

    def _refuse_unknown(self, table: pa.Table) -> None:
        named = [*self._of_columns, *(name for _, condition in self._conditions for name in sorted(condition.names))]
        for name in named:
            if name not in table.column_names:
                raise UnknownColumn(name, "prepare.expect", table.column_names)


def judge(table: pa.Table, prepare: Prepare) -> Judged:
    """Judge every row of a cleaned table: see :meth:`Expectations.judge`."""
    return Expectations(prepare).judge(table)


def violations(record: Mapping[str, Any], prepare: Prepare) -> dict[str, str]:
    """What one cleaned record breaks: see :meth:`Expectations.violations`."""
    return Expectations(prepare).violations(record)


def _broken_by(value: Any, tests: list[Test]) -> str | None:
    return None if value is None else next((why for test in tests if (why := test(value))), None)


def _mask(array: pa.Array) -> np.ndarray:
    return array.to_numpy(zero_copy_only=False)


def _tests(name: str, expected: Expectation) -> list[Test]:
    tests: list[Test] = []
    if (low := expected.min) is not None:
        tests.append(lambda value: f"must be at least {plain_text(low)}" if _less(value, low, f"{name}.min") else None)
    if (high := expected.max) is not None:
        tests.append(
            lambda value: (
                f"must be at most {plain_text(high)}" if _less(value, high, f"{name}.max", turned=True) else None
            )
        )
    if expected.values is not None:
        tests.append(_one_of(expected.values))
    if expected.matches is not None:
        tests.append(_matches(expected.matches, name))
    return tests


def _less(value: Any, limit: float | str, where: str, *, turned: bool = False) -> bool:
    """Whether the value is below the limit (above it, when turned)."""
    if isinstance(value, str) and isinstance(limit, str):
        return limit < value if turned else value < limit
    bound: Any = _bound(str(limit), dates=isinstance(value, datetime))
    if bound is None:
        kind = "a date" if isinstance(value, datetime) else "a number"
        raise SpecError(f"{limit!r} is not {kind}, but the column holds such", where=f"prepare.expect.{where}")
    number = read_number(value) if isinstance(value, str) else value
    if number is None:
        return True
    return bound < number if turned else number < bound


@lru_cache(1024)
def _bound(limit: str, *, dates: bool) -> Any:
    """The limit as such values are read: the same for every record."""
    return read_date(limit) if dates else read_number(limit)


def _one_of(values: list[Any]) -> Test:
    words = {plain_text(value) for value in values}
    moments = {read_date(str(value)) for value in values}
    truths = {truth(value) for value in values}
    shown = ", ".join(str(value) for value in values[:10]) + (", …" if len(values) > 10 else "")

    def test(value: Any) -> str | None:
        if isinstance(value, datetime):
            allowed = value in moments
        else:
            allowed = value in truths if isinstance(value, bool) else plain_text(value) in words
        return None if allowed else f"must be one of {shown}"

    return test


def _matches(pattern: str, name: str) -> Test:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise SpecError(
            f"{pattern!r} is no regular expression: {error}", where=f"prepare.expect.{name}.matches"
        ) from error
    return lambda value: None if compiled.fullmatch(plain_text(value) or "") else f"must match {pattern}"


def _broken(table: pa.Table, condition: Condition) -> list[int]:
    rows = table.select(sorted(condition.names)).to_pylist() if condition.names else []
    return [at for at, row in enumerate(rows) if not _holds(condition, row)]


def _holds(condition: Condition, row: Mapping[str, Any]) -> bool:
    """Whether the condition holds, or cannot be judged because something in it is missing."""
    if any(value is None for value in row.values()):
        return True
    return condition.holds(row)


def _names_in_order(text: str, condition: Condition) -> list[str]:
    return sorted(condition.names, key=lambda name: (text.find(name), name))
