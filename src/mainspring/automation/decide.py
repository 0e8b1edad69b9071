"""Decide: what a right or wrong action gains, which rules come first, how much can be done."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationInfo, model_validator

from mainspring.automation.condition import Cell, Condition
from mainspring.automation.learn import Learn
from mainspring.automation.part import Part, wrong
from mainspring.automation.units import Capacity, Seconds, Share
from mainspring.automation.written.table import read_table
from mainspring.errors import SpecError

SKIP = "skip"
"""How doing nothing is called in rules."""
ANSWERED = frozenset({"prediction", "probability", "gain", "action"})
"""What a rule can speak of once the model has answered."""
COVERED = frozenset({"lower", "upper", "set"})
"""What it can speak of besides where ``learn.coverage`` is declared; elsewhere these are columns like any other."""
SCOPED = frozenset({"out_of_scope"})
"""The same where ``learn.out_of_scope`` is declared."""
NOT_A_COLUMN = ("then", "because")
"""What stands in a row of a decision table beside its cells."""

Money = Annotated[float, Field(allow_inf_nan=False)]


def _condition(text: str) -> str:
    try:
        Condition(text)
    except SpecError as error:
        raise wrong(error.what, error.remedy) from None
    return text


def _rows(given: object, info: ValidationInfo) -> object:
    if not isinstance(given, str | Path):
        return given
    folder = Path(cast(Mapping[str, Any], info.context or {}).get("folder", "."))
    try:
        return read_table(folder / given)
    except SpecError as error:
        told = error.problems[0] if error.problems else error
        raise wrong(told.what, told.remedy or f"looked for {given} in the folder of the declaration") from None


def _row(row: dict[str, Any]) -> dict[str, Any]:
    if not str(row.get("then") or "").strip():
        raise wrong("a row of a decision table needs 'then'", "add then: an action, or skip")
    for column, written in row.items():
        if not isinstance(written, str | bool | int | float | None):
            raise wrong(f"the cell of {column!r} is a list or a mapping", "write it as text: \"'a', 'b'\"")
        try:
            Cell(column, None if column in NOT_A_COLUMN else written)
        except SpecError as error:
            raise wrong(f"{column}: {error.what}", error.remedy) from None
    return row


ConditionText = Annotated[str, AfterValidator(_condition)]
TableRow = Annotated[dict[str, Any], AfterValidator(_row)]
Rows = Annotated[list[TableRow], BeforeValidator(_rows, json_schema_input_type=str | list[dict[str, Any]])]


"""Where the rows stand in a CSV file, its path starts in the declaration's folder."""


class OutcomeGains(Part):
    """What one action gains or loses, for a question with two classes. Acting on a positive is a true positive."""

    true_positive: Money = 0.0
    """Acted, and it was right."""
    false_positive: Money = 0.0
    """Acted, and it was not needed."""
    true_negative: Money = 0.0
    """Did nothing, and it was right."""
    false_negative: Money = 0.0
    """Did nothing, and something should have been done."""


class Rule(Part):
    """``if`` a condition holds ``then`` an action ``because`` of a reason; or a decision ``table`` whose first matching row decides."""

    condition: ConditionText | None = Field(default=None, alias="if")
    """A condition over the record, and after the model also ``prediction``, ``probability``, ``gain``, ``action``, and with
    ``learn.coverage`` ``lower`` and ``upper``, or ``set``."""
    then: str | None = None
    """An action's name, or ``skip`` for none."""
    because: str = ""
    """The reason in words; it goes with the decision."""
    table: Rows | None = None
    """Rows (or their CSV file) of a decision table: a cell a column (``"> 24"``, ``'a', 'b'``, empty for any), ``then`` and ``because``."""
    stage: Literal["before", "after"] | None = None
    """Before the model (it is not asked) or after it. Default: after, if the condition speaks of the model's answer."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.condition is None) == (self.table is None):
            raise wrong("give either 'if' (with 'then') or 'table'")
        if self.condition is not None and not (self.then or "").strip():
            raise wrong("'if' needs 'then'", "add then: an action, or skip")
        if self.table is not None and self.then is not None:
            raise wrong("'then' of a decision table stands in its rows", "take it off the rule")
        return self


_GAINS_OF_ACTIONS = TypeAdapter(dict[str, dict[str, Money]])


def _gains(given: object) -> object:
    """Left to itself, a union tells what each of its members misses; so the one that is meant is told from the form."""
    if not isinstance(given, Mapping):
        return given
    entries = cast(Mapping[str, object], given)
    nested = any(isinstance(entry, Mapping) for entry in entries.values())
    return _GAINS_OF_ACTIONS.validate_python(entries) if nested else OutcomeGains.model_validate(entries)


class Feedback(Part):
    """When it is known for good what a decision led to."""

    after: Seconds | None = None
    """So long after a decision its outcome is known for good; younger decisions are not measured."""
    otherwise: str | int | float | bool | None = None
    """The outcome of a decision of which nothing was heard ``after`` that time: who did not complain was content."""
    within: Seconds | None = None
    """An outcome told by key belongs to the newest decision about it that is not older than this."""

    @model_validator(mode="after")
    def _can_be_waited_for(self) -> Self:
        if self.otherwise is not None and self.after is None:
            raise wrong("'otherwise' needs 'after'", "say how long is waited for an outcome, like after: 30 days")
        return self


class Decide(Part):
    """What is done with the model's answer."""

    gains: Annotated[OutcomeGains | dict[str, dict[str, Money]] | None, BeforeValidator(_gains)] = None
    """For two classes and one action: what each outcome gains. Else action → class → gain."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """Act from this probability on, whatever the gains say."""
    rules: list[Rule] = Field(default_factory=list[Rule])
    """The first that fires decides; those before the model come first."""
    capacity: Capacity | None = None
    """How many actions can be carried out in a period; ``200 of 1000 per day`` says of how many rows."""
    on_error: Literal["refuse", "none"] = "refuse"
    """What to do with a record that cannot be prepared: refuse it, or decide ``none`` with the reason."""
    explore: Share | None = None
    """This share of decisions is made at random, so that what other policies would earn can be told from what happened."""
    feedback: Feedback | None = None
    """When outcomes are known for good, and what is taken to have happened where nobody says."""


def answered(learn: Learn | None) -> frozenset[str]:
    """What rules can speak of once the model that is learned so has answered."""
    covered = COVERED if learn is not None and learn.coverage is not None else frozenset[str]()
    scoped = SCOPED if learn is not None and learn.out_of_scope is not None else frozenset[str]()
    return ANSWERED | covered | scoped


def names_of(rule: Rule) -> frozenset[str]:
    """Every name that a rule speaks of."""
    names = Condition(rule.condition).names if rule.condition is not None else frozenset[str]()
    return names | {column for row in rule.table or () for column in row if column not in NOT_A_COLUMN}


def staged(decide: Decide | None, known: frozenset[str]) -> Decide | None:
    """With the stage of every rule said: after the model, if the rule speaks of what is ``known`` only then."""
    if decide is None:
        return None
    rules = [
        rule if rule.stage else rule.model_copy(update={"stage": "after" if names_of(rule) & known else "before"})
        for rule in decide.rules
    ]
    return decide.model_copy(update={"rules": rules})
