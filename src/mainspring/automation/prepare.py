"""Prepare: what the rows must look like, what is private in them, and what to make of their columns."""

from typing import Any, Literal

from pydantic import Field

from mainspring.automation.part import Part

Protection = Literal["pseudonymise", "mask", "generalise", "hash", "encrypt", "drop"]
Kind = Literal["number", "category", "date", "text", "boolean", "ignore"]


class Expectation(Part):
    """What must hold for one column; a row that breaks it goes to quarantine with the reason."""

    min: float | str | None = None
    max: float | str | None = None
    values: list[Any] | None = Field(default=None, alias="in")
    """The only values allowed."""
    matches: str | None = None
    """A regular expression that the whole value must match."""
    required: bool = False
    """A missing value breaks the expectation."""
    unique: bool = False
    """A value seen before in the same collection breaks the expectation."""


class Prepare(Part):
    expect: dict[str, Expectation] = Field(default_factory=dict)
    """Column → what must hold."""
    conditions: list[str] = Field(default_factory=list)
    """Conditions over a whole row (``tenure * 12 >= months``); rows for which one is false go to quarantine."""
    protect: dict[str, Protection] = Field(default_factory=dict)
    """Column → how its values are protected before anything reaches the disk."""
    types: dict[str, Kind] = Field(default_factory=dict)
    """Column → what kind it is, where the profile's guess is wrong."""
    missing: list[str] = Field(default_factory=list)
    """Further marks that mean *missing*, beside those found by evidence."""
    duplicates: Literal["drop", "keep"] = "drop"
    """What to do with rows that repeat another in every column (or repeat its key)."""
