"""Condition: the one small language for rules, ``when`` and ``expect``.

Conditions are ZEN expressions (https://docs.gorules.io/reference/expressions): ``contract == 'Two year' and tenure > 24``,
``plan in ['a', 'b']``, ``len(name) > 3``, ``d(signed) > d('2024-01-01')``. They are data: nothing in them can reach outside the record.
A column whose name is not a plain word is written in back quotes: ```monthly charges` > 70``; Chinese names need none.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

import zen

from mainspring.errors import DecideError, SpecError

LONGEST = 2_000
DEEPEST = 50
EXACT = 2**53
"""Integers beyond this are not exact as the language's numbers."""

_TOKEN = re.compile(
    r"""(?P<text>'[^']*'|"[^"]*")|`(?P<quoted>[^`]+)`|(?P<name>[^\W\d]\w*)|(?P<assign>(?<![=<>!])=(?!=))|(?P<other>\d\w*|.)""",
    re.DOTALL,
)
_WORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})


class Condition:
    """A condition over a record, compiled once. Equal when written equally; travels between processes as its text.

    Raises:
        SpecError: the text is not a condition.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        translated, self.names = _translate(text)
        if why := zen.validate_expression(translated):
            raise _not_a_condition(text, why)
        self._compiled = zen.compile_expression(translated)

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether the condition is true of the record. Where a value it must compare is missing, it is not.

        Raises:
            DecideError: a column has a value of a kind that cannot be compared so, or the answer is not true or false.
        """
        values = {name: _plain(record.get(name)) for name in self.names}
        try:
            answer = self._compiled.evaluate(values)
        except RuntimeError:
            return self._missing_or_raise(values)
        if isinstance(answer, bool):
            return answer
        if answer is None and None in values.values():
            return False
        raise DecideError(
            f"the condition says {type(answer).__name__}, not true or false",
            where=self.text,
            remedy="compare with ==, <, > or in",
        )

    def _missing_or_raise(self, values: Mapping[str, Any]) -> bool:
        if any(value is None for value in values.values()):
            return False
        kinds = ", ".join(f"{name} is {_kind(value)}" for name, value in sorted(values.items()))
        raise DecideError(
            f"the condition compares what cannot be compared: {kinds}", where=self.text,
            remedy="quote texts ('a'), leave numbers bare, and read dates with d(column)",
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def __reduce__(self) -> tuple[type["Condition"], tuple[str]]:
        return Condition, (self.text,)


class Cell:
    """A cell of a decision table: ``> 24``, ``'a', 'b'``, ``[1..5]``, a bare word for itself, empty for anything."""

    def __init__(self, column: str, written: object) -> None:
        self.column = column
        self._text = "" if written is None else str(written).strip()
        self._is_free = not self._text or self._text == "-"
        if self._is_free:
            return
        _refuse_huge(self._text)
        self._literal = _literal(written, self._text)
        if self._literal is None:
            self._compiled = _unary(self._text, column)

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether the record's value fits; a missing one fits a free cell only."""
        if self._is_free:
            return True
        value = _plain(record.get(self.column))
        if value is None:
            return False
        if self._literal is not None:
            return value == self._literal or str(value) == str(self._literal)
        try:
            return self._compiled.evaluate({"$": value}) is True
        except RuntimeError:
            raise DecideError(
                f"the cell {self._text!r} cannot be compared with {_kind(value)}", where=self.column,
                remedy="quote texts ('a'), leave numbers bare",
            ) from None  # fmt: skip


def _literal(written: object, text: str) -> object | None:
    """The value of a cell that is no expression: a number or boolean of YAML, or bare words."""
    if isinstance(written, bool | int | float):
        return _plain(written)
    return text if re.fullmatch(r"[^\W\d][\w \-]*", text) else None


def _unary(text: str, column: str) -> Any:
    try:
        compiled = zen.compile_unary_expression(text)
        compiled.evaluate({"$": ""})
    except RuntimeError as error:
        if "vmError" not in str(error):
            raise SpecError(
                f"this is not a cell of a decision table: {text!r}",
                where=column,
                remedy="write > 24, [1..5], 'a', 'b', or a bare word",
            ) from None
        return zen.compile_unary_expression(text)
    return compiled


def _translate(text: str) -> tuple[str, frozenset[str]]:
    _refuse_huge(text)
    parts: list[str] = []
    names: set[str] = set()
    tokens = list(_TOKEN.finditer(text))
    for i, token in enumerate(tokens):
        if token["assign"]:
            raise _not_a_condition(text, {"source": "one '=' sets a value"}, "compare with ==")
        name = token["quoted"] or token["name"]
        if name is None or (name in _WORDS and not token["quoted"]) or _is_call_or_member(tokens, i):
            parts.append(token[0])
            continue
        names.add(name)
        parts.append(name if name.isascii() and name.isidentifier() else f"$root[{_quoted(name)}]")
    return "".join(parts), frozenset(names)


def _is_call_or_member(tokens: list[re.Match[str]], i: int) -> bool:
    after = next((t[0] for t in tokens[i + 1 :] if not t[0].isspace()), "")
    before = next((t[0] for t in reversed(tokens[:i]) if not t[0].isspace()), "")
    return tokens[i]["name"] is not None and (after == "(" or before in (".", "$", "#"))


def _quoted(name: str) -> str:
    return f'"{name}"' if "'" in name else f"'{name}'"


def _refuse_huge(text: str) -> None:
    if len(text) > LONGEST:
        raise SpecError(f"a condition has at most {LONGEST:,} characters", remedy="use a decision table")
    depth = deepest = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise SpecError(f"a condition has at most {DEEPEST} brackets within each other", remedy="write it more simply")


def _not_a_condition(text: str, why: object, remedy: str = "") -> SpecError:
    told = str(why.get("source", "")).split(";")[0] if isinstance(why, Mapping) else ""  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    shown = text if len(text) <= 80 else text[:77] + "…"
    return SpecError(
        f"this is not a condition: {shown!r}" + (f" ({told})" if told else ""),
        remedy=remedy or "write a comparison such as: contract == 'Two year' and tenure > 24",
    )


def _plain(value: Any) -> Any:
    """The value as the language knows it; missing, NaN and infinite are null."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, int):
        return value if -EXACT <= value <= EXACT else float(value)
    if isinstance(value, float | Decimal):
        return float(value) if isfinite(value) else None
    return value


def _kind(value: object) -> str:
    return {str: "a text", bool: "true or false", int: "a number", float: "a number"}.get(type(value), "something else")
