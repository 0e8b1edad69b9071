"""Desk: an automation opened for deciding: its protection, its model, its policy, and what its records must look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion
from mainspring.errors import BadRecord, NotFound
from mainspring.model import Model, open_model
from mainspring.run.kinds import KINDS
from mainspring.steps.decide.decider import Decider
from mainspring.steps.decide.policy import Policy
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.prepare.expect import Expectations
from mainspring.steps.prepare.protect import Protector

CHAMPION = "champion"


@dataclass(frozen=True)
class Desk:
    """What deciding needs of one version. ``fields`` are the columns a record may bring; others are not looked at nor kept."""

    automation: Automation
    protector: Protector
    plan: CleaningPlan
    expectations: Expectations
    model: Model | None
    decider: Decider
    version: int | None
    fields: frozenset[str]

    def protect(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record as it may be kept: known fields only, protected."""
        return self.protector.apply_one({name: value for name, value in record.items() if name in self.fields})

    def wrong(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Field → what is wrong with it, of a protected record; empty when it can be decided."""
        found = self.plan.problems(record)
        return found or self.expectations.violations(self.plan.apply_one(record))

    def refuse(self, record: Mapping[str, Any]) -> None:
        """Raises BadRecord naming every field that is wrong."""
        if wrong := self.wrong(record):
            raise BadRecord(
                f"{', '.join(sorted(wrong))}: {next(iter(wrong.values()))}" if len(wrong) == 1 else "fields are wrong",
                fields=wrong, where=self.automation.name, remedy="correct the fields and ask again",
            )  # fmt: skip

    def key_of(self, record: Mapping[str, Any]) -> str | None:
        key = self.automation.source.key
        value = None if key is None else record.get(key)
        return None if value is None else str(value)

    def table(self, records: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Protected records as a table of the plan's columns (as they came; the model's transform reads them)."""
        names = [column.name for column in self.plan.columns if any(column.name in record for record in records)]
        return pa.table({name: _column([record.get(name) for record in records]) for name in names})


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def open_desk(backends: Backends, name: str, which: int | str = CHAMPION) -> Desk:
    """Open a version of an automation.

    Raises:
        NotFound: there is no such automation, or it has no such version.
    """
    last = backends.runs.latest(name)
    if backends.registry.has(name):
        found = backends.registry.get(name, which)
        return _of_version(backends, found)
    if last is None:
        raise NotFound("automation", name, backends.runs.automations())
    return _of_rules(backends, last)
