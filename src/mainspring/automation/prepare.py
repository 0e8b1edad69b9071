"""Prepare: what the rows must look like, what is private in them, and what to make of their columns."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from mainspring.automation.decide import ConditionText
from mainspring.automation.part import Part, wrong
from mainspring.automation.windows.window import Late, Window

Protection = Literal["pseudonymise", "mask", "generalise", "hash", "encrypt", "drop"]
Kind = Literal["number", "category", "date", "text", "boolean", "ignore"]
WindowName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise wrong(
            f"this is not a regular expression: {error.msg}", "put a \\ before signs meant as themselves"
        ) from None
    return text


class Expectation(Part):
    """What must hold for one column; a row that breaks it goes to quarantine with the reason."""

    min: float | str | None = None
    """The least value allowed: a number, or a date as text."""
    max: float | str | None = None
    """The greatest value allowed."""
    values: list[Any] | None = Field(default=None, alias="in")
    """The only values allowed."""
    matches: Annotated[str, AfterValidator(_pattern)] | None = None
    """A regular expression that the whole value must match."""
    required: bool = False
    """A missing value breaks the expectation."""
    unique: bool = False
    """A value seen before in the same collection breaks the expectation."""

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if type(self.min) is type(self.max) and self.min is not None and self.min > self.max:  # pyright: ignore[reportOperatorIssue]
            raise wrong("nothing is between 'min' and 'max'", "exchange the two")
        if self.values is not None and not self.values:
            raise wrong("'in' allows no value", "list the values, or take it off")
        return self


class Prepare(Part):
    """What the rows must look like, what is private in them, and what their columns are."""

    expect: dict[str, Expectation] = Field(default_factory=dict)
    """Column → what must hold."""
    conditions: list[ConditionText] = Field(default_factory=list)
    """Conditions over a whole row (``tenure * 12 >= months``); rows for which one is false go to quarantine."""
    protect: dict[str, Protection] = Field(default_factory=dict)
    """Column → how its values are protected before anything reaches the disk."""
    types: dict[str, Kind] = Field(default_factory=dict)
    """Column → what kind it is, where the profile's guess is wrong."""
    missing: list[str] = Field(default_factory=list)
    """Further marks that mean *missing*, beside those found by evidence."""
    duplicates: Literal["auto", "drop", "keep"] = "auto"
    """What to do with rows that repeat another in every column (or repeat its key): *auto* drops them, but keeps all where there is no key
    and rows of so few values are alike by chance."""
    windows: dict[WindowName, Window] = Field(default_factory=dict[str, Window])
    """Name → which earlier rows of a key count, and what is told of them in columns called ``NAME_count``, ``NAME_sum_COLUMN`` …"""
    late: Late = Late()
    """Where there are windows: what is done with rows that come late."""
