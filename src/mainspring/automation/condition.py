"""Condition: the one small language for rules, ``when`` and ``expect``.

Conditions are ZEN expressions (https://docs.gorules.io/reference/expressions): ``contract == 'Two year' and tenure > 24``,
``plan in ['a', 'b']``, ``len(name) > 3``, ``d(signed) > d('2024-01-01')``. They are data: nothing in them can reach outside the record.
A column whose name is not a plain word is written in back quotes: ```monthly charges` > 70``; Chinese names need none.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

import zen

from mainspring.automation.expression.text import not_a_condition, shown, translate
from mainspring.automation.expression.values import kind, plain, word
from mainspring.errors import BadRecord, DecideError, SpecError


class Condition:
    """A condition over a record, compiled once. Equal when written equally; travels between processes as its text.

    Raises:
        SpecError: the text is not a condition.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        translated, self.names = translate(text)
        if why := zen.validate_expression(translated):
            raise not_a_condition(text, why)
        self._compiled = zen.compile_expression(translated)

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether the condition is true of the record. Where a value it must compare is missing, it is not.

        Raises:
            BadRecord: a column has a value of a kind that cannot be compared so.
            DecideError: the answer is not true or false.
        """
        values = {name: plain(record.get(name)) for name in self.names}
        try:
            answer = cast(object, self._compiled.evaluate(values))  # pyright: ignore[reportUnknownMemberType]
        except (RuntimeError, UnicodeError):
            return self._missing_or_raise(values)
        if isinstance(answer, bool):
            return answer
        if answer is None and None in values.values():
            return False
        raise DecideError(
            f"the condition says {kind(answer)}, not true or false",
            where=self.text,
            remedy="compare with ==, <, > or in",
        )

    def _missing_or_raise(self, values: Mapping[str, Any]) -> bool:
        if any(value is None for value in values.values()) or self._divides(values):
            return False
        found = {name: f"is {kind(value)}" for name, value in sorted(values.items())}
        told = ", ".join(f"{name} {a_kind}" for name, a_kind in found.items())
        raise BadRecord(
            f"the condition compares what cannot be compared: {told}", fields=found, where=self.text,
            remedy="quote texts ('a'), leave numbers bare, and read dates with d(column)",
        )  # fmt: skip

    def _divides(self, values: Mapping[str, Any]) -> bool:
        """Division by zero gives nothing, and nothing can be compared with it."""
        return ("/" in self.text or "%" in self.text) and all(type(value) in (int, float) for value in values.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def __reduce__(self) -> tuple[type["Condition"], tuple[str]]:
        return Condition, (self.text,)


class Cell:
    """A cell of a decision table: ``> 24``, ``'a', 'b'``, ``[1..5]``, a bare word for itself, empty for anything.

    ``$`` stands for the column's value: ``len($) > 3``, ``d($) > d('2024-01-01')``.

    Raises:
        SpecError: it is not a cell.
    """

    def __init__(self, column: str, written: object) -> None:
        self.column = column
        self._text = "" if written is None else str(written).strip()
        self._is_free = not self._text or self._text == "-"
        self._literals = frozenset[str]() if self._is_free else _literals(written, self._text)
        if not self._is_free and not self._literals:
            self._compiled = _unary(self._text, column)

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether the record's value fits; a missing one fits a free cell only.

        Raises:
            BadRecord: the value is of a kind that cannot be compared so.
        """
        if self._is_free:
            return True
        value = plain(record.get(self.column))
        if value is None:
            return False
        if self._literals:
            return word(value) in self._literals
        try:
            return self._compiled.evaluate({"$": value}) is True
        except (RuntimeError, UnicodeError):
            raise BadRecord(
                f"the cell {self._text!r} cannot be compared with {kind(value)}", where=self.column,
                fields={self.column: f"is {kind(value)}"}, remedy="quote texts ('a'), leave numbers bare",
            ) from None  # fmt: skip


def _literals(written: object, text: str) -> frozenset[str]:
    """The ways to write what a cell stands for when it is no expression: a number, true or false, bare words."""
    if isinstance(written, bool | int | float):
        return frozenset({word(plain(written))})
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return frozenset({text, word(float(text))})
    return frozenset({text}) if re.fullmatch(r"[^\W\d][\w \-]*", text) else frozenset()


def _unary(text: str, column: str) -> Any:
    translated, names = translate(text, value_sign=True)
    try:
        compiled = zen.compile_unary_expression(translated)
    except RuntimeError:
        compiled = None
    if compiled is None or names:
        raise SpecError(
            f"this is not a cell of a decision table: {shown(text)}",
            where=column,
            remedy="write > 24, [1..5], 'a', 'b', or a bare word",
        )
    return compiled
