"""Profile: what a table looks like, column by column."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    rows: int
