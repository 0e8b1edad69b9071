"""Rules: the first that fires decides."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.automation.condition import Cell, Condition
from mainspring.automation.decide import NOT_A_COLUMN, SKIP
from mainspring.decision import NO_ACTION, Reason
from mainspring.steps.decide.policy import RulePart

Fired = tuple[str, Reason]


class Rules:
    """Rules made ready once.

    Raises:
        SpecError: a condition cannot be read.
    """

    def __init__(self, parts: Sequence[RulePart], stage: str = "before") -> None:
        self._rules = [
            _Single(part, f"rule.{stage}.{number}")
            if part.condition is not None
            else _Table(part, f"rule.{stage}.{number}")
            for number, part in enumerate(parts, start=1)
        ]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def first(self, record: Mapping[str, Any]) -> Fired | None:
        """The action and the reason of the first rule that fires for the record, or None.

        Raises:
            BadRecord: a rule compares a value of the record with what it cannot be compared with.
        """
        for rule in self._rules:
            fired = rule.fires(record)
            if fired is not None:
                return fired
        return None


class _Single:
    def __init__(self, part: RulePart, code: str) -> None:
        self._condition = Condition(part.condition or "true")
        self._fired = (part.then, Reason("rule", part.because or f"because {part.condition}", code=code))

    def fires(self, record: Mapping[str, Any]) -> Fired | None:
        return self._fired if self._condition.holds(record) else None


class _Table:
    """A decision table with the hit policy *first*: the first row whose cells all fit decides."""

    def __init__(self, part: RulePart, code: str) -> None:
        self._rows = [_row(number, row, part.because, code) for number, row in enumerate(part.table, start=1)]

    def fires(self, record: Mapping[str, Any]) -> Fired | None:
        for cells, fired in self._rows:
            if all(cell.holds(record) for cell in cells):
                return fired
        return None


def _row(number: int, row: Mapping[str, Any], because: str, code: str) -> tuple[list[Cell], Fired]:
    cells = [Cell(column, written) for column, written in row.items() if column not in NOT_A_COLUMN]
    action = str(row.get("then") or NO_ACTION)
    text = str(row.get("because") or because or f"row {number} of the decision table")
    return cells, (NO_ACTION if action == SKIP else action, Reason("rule", text, code=f"{code}.row.{number}"))
