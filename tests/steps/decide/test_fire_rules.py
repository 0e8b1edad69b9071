"""Rules and decision tables: the first that fires decides."""

from datetime import UTC, datetime

import pytest

from mainspring.automation.decide import Decide
from mainspring.decision import Decision
from mainspring.errors import BadRecord
from mainspring.steps.decide.decider import Decider
from mainspring.steps.decide.policy import policy_of

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def decided(rules: list[dict], record: dict, reading=None) -> Decision:
    policy = policy_of(Decide.model_validate({"rules": rules}), (), question=None)
    return Decider("rules", None, policy, None, reading).decide_one(record, key=None, at=NOW, reasons=True)


def test_the_first_that_fires_decides() -> None:
    rules = [
        {"if": "tenure > 24", "then": "thank", "because": "loyal"},
        {"if": "tenure > 12", "then": "offer"},
        {"if": "tenure > 0", "then": "greet"},
    ]
    assert decided(rules, {"tenure": 30}).action == "thank"
    assert [r.text for r in decided(rules, {"tenure": 30}).reasons] == ["loyal"]
    assert [r.text for r in decided(rules, {"tenure": 13}).reasons] == ["because tenure > 12"]
    assert decided(rules, {"tenure": 0}).action == "none"
    assert decided(rules, {}).action == "none"


def test_skip_does_nothing_with_a_reason() -> None:
    skipped = decided([{"if": "vip", "then": "skip", "because": "asked not to be called"}], {"vip": True})
    assert not skipped.acts
    assert skipped.reasons[0].kind == "rule"


TABLE = [
    {"contract": "Two year", "then": "skip", "because": "bound"},
    {"contract": "'One year', 'Half year'", "tenure": "> 24", "then": "offer"},
    {"tenure": "[1..12]", "城市": "上海", "then": "call"},
    {"tenure": 48, "then": "thank"},
    {"tenure": "", "contract": "-", "then": "greet"},
]


@pytest.mark.parametrize(
    ("record", "action", "why"),
    [
        ({"contract": "Two year", "tenure": 48}, "none", "bound"),
        ({"contract": "Half year", "tenure": 25}, "offer", "row 2 of the decision table"),
        ({"contract": "Half year", "tenure": 24}, "greet", "row 5 of the decision table"),
        ({"tenure": 12, "城市": "上海"}, "call", "row 3 of the decision table"),
        ({"tenure": 12}, "greet", "row 5 of the decision table"),
        ({"tenure": 48.0}, "thank", "row 4 of the decision table"),
        ({}, "greet", "row 5 of the decision table"),
    ],
)
def test_the_first_row_that_fits_decides(record: dict, action: str, why: str) -> None:
    made = decided([{"table": TABLE}], record)
    assert (made.action, made.reasons[0].text) == (action, why)


def test_a_table_that_does_not_fire_leaves_it_to_the_next_rule() -> None:
    rules = [
        {"table": [{"tenure": "> 24", "then": "thank"}], "because": "by the table"},
        {"if": "true", "then": "greet"},
    ]
    assert decided(rules, {"tenure": 25}).reasons[0].text == "by the table"
    assert decided(rules, {"tenure": 1}).action == "greet"


def test_rules_see_the_record_as_it_is_read() -> None:
    rules = [{"if": "tenure > 24", "then": "thank"}]
    made = decided(rules, {"tenure": "30"}, lambda record: {"tenure": float(record["tenure"])})
    assert made.action == "thank"
    assert made.record == {"tenure": "30"}


def test_what_a_rule_cannot_read_names_the_field() -> None:
    rules = [{"if": "tenure > 24", "then": "thank"}]
    with pytest.raises(BadRecord) as told:
        decided(rules, {"tenure": "long"})
    assert told.value.fields == {"tenure": "is a text"}
    decider = Decider("rules", None, policy_of(Decide.model_validate({"rules": rules}), (), question=None), None)
    assert decider.problems({"tenure": "long"}) == {"tenure": "is a text"}
    assert decider.problems({"tenure": 3}) == {}


def test_a_record_may_be_forgiven() -> None:
    rules = [{"if": "tenure > 24", "then": "thank"}]
    decider = Decider("rules", None, policy_of(Decide.model_validate({"rules": rules}), (), question=None), None)
    made = decider.forgiven({"tenure": "long"}, {"tenure": "is a text"}, key="7", at=NOW)
    assert not made.acts
    assert [(r.kind, r.text) for r in made.reasons] == [("error", "tenure is a text")]
