"""Decide: what a right or wrong action gains, which rules come first, how much can be done."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from mainspring.automation.part import Part
from mainspring.automation.units import Capacity


class OutcomeGains(Part):
    """What one action gains or loses, for a question with two classes. Acting on a positive is a true positive."""

    true_positive: float = 0.0
    false_positive: float = 0.0
    true_negative: float = 0.0
    false_negative: float = 0.0


class Rule(Part):
    """``if`` a condition holds ``then`` an action ``because`` of a reason; or a decision ``table`` whose first matching row decides."""

    condition: str | None = Field(default=None, alias="if")
    """A condition over the record, and after the model also ``prediction``, ``probability``, ``gain`` and ``action``."""
    then: str | None = None
    """An action's name, or ``skip`` for none."""
    because: str = ""
    table: list[dict[str, Any]] | Path | None = None
    """Rows (or their CSV file) of a decision table: a cell a column (``"> 24"``, ``'a', 'b'``, empty for any), ``then`` and ``because``."""
    stage: Literal["before", "after"] | None = None
    """Before the model (it is not asked) or after it. Default: after, if the condition speaks of the model's answer."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.condition is None) == (self.table is None):
            raise ValueError("give either 'if' (with 'then') or 'table'")
        if self.condition is not None and self.then is None:
            raise ValueError("'if' needs 'then'")
        return self


class Decide(Part):
    gains: OutcomeGains | dict[str, dict[str, float]] | None = None
    """For two classes and one action: what each outcome gains. Else action → class → gain."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """Act from this probability on, whatever the gains say."""
    rules: list[Rule] = Field(default_factory=list[Rule])
    capacity: Capacity | None = None
    """How many actions can be carried out in a period."""
    on_error: Literal["refuse", "none"] = "refuse"
    """What to do with a record that cannot be prepared: refuse it, or decide ``none`` with the reason."""
