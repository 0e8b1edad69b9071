"""A record is decided the same alone and among others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainspring.automation.decide import Decide
from mainspring.decision import Decision
from mainspring.model import Question
from mainspring.steps.decide.decider import Decider
from mainspring.steps.decide.policy import policy_of

NOW = datetime(2026, 12, 1, tzinfo=UTC)
KEPT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
POLICIES = [
    (("no", "yes"), {"gains": {"true_positive": 120, "false_positive": -20}}),
    (("no", "yes"), {"gains": {"true_positive": 1}, "rules": [{"if": "x > 1", "then": "skip"}]}),
    (("no", "yes"), {"threshold": 0.3, "rules": [{"if": "probability < 0.5 and x < y", "then": "act"}]}),
    ((False, True), {"gains": {"act": {"True": 3, "False": -1}}}),
    (("a", "b", "c", "d"), {"gains": {"call": {"a": 5, "b": -1}, "write": {"c": 2, "d": 1}, "none": {"a": -4}}}),
    (
        (),
        {
            "rules": [
                {"if": "prediction > 1", "then": "act"},
                {"table": [{"prediction": "< -1", "y": "> 0", "then": "call"}]},
            ]
        },
    ),
]
RECORD = st.fixed_dictionaries({"x": st.floats(-3, 3), "y": st.floats(-3, 3)})


def decider_of(trained, classes: tuple, declared: dict) -> Decider:
    policy = policy_of(
        Decide.model_validate(declared), (), question=Question.CLASS if classes else Question.NUMBER, classes=classes,
        positive=classes[-1] if len(classes) == 2 else None,
        threshold=0.4 if "true_positive" in declared.get("gains", {}) else None,
    )  # fmt: skip
    return Decider("one", trained(classes), policy, 7)


def many(decider: Decider, records: list[dict], keys: list[str | None] | None = None, **more) -> list[Decision]:
    def tabled(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
        return pa.Table.from_pylist([*rows], schema=pa.schema([("x", pa.float64()), ("y", pa.float64())]))

    return decider.decide(tabled, records, keys=keys or [str(i) for i in range(len(records))], at=NOW, **more)


@pytest.mark.parametrize(("classes", "declared"), POLICIES)
@pytest.mark.parametrize("reasons", [False, True])
def test_one_is_as_many(trained, classes: tuple, declared: dict, reasons: bool) -> None:
    decider = decider_of(trained, classes, declared)

    @KEPT
    @given(st.lists(RECORD, min_size=1, max_size=12))
    def as_many(records: list[dict]) -> None:
        together = many(decider, records, reasons=reasons)
        alone = [decider.decide_one(r, key=str(i), at=NOW, reasons=reasons) for i, r in enumerate(records)]
        for one, other in zip(alone, together, strict=True):
            assert one.gain == pytest.approx(other.gain, abs=1e-9)
            assert dict(one.probabilities) == pytest.approx(dict(other.probabilities), abs=1e-12)
            assert [r.text for r in one.reasons] == [r.text for r in other.reasons]
            same = {"gain": None, "probabilities": {}, "reasons": (), "prediction": None}
            assert replace(one, **same) == replace(other, **same)
            assert one.prediction == (pytest.approx(other.prediction) if not classes else other.prediction)

    as_many()


@pytest.mark.parametrize(("classes", "declared"), POLICIES[:4])
def test_the_gain_is_over_doing_nothing(trained, classes: tuple, declared: dict) -> None:
    decider = decider_of(trained, classes, declared)
    gains = decider.policy.gains
    for made in many(decider, [{"x": x, "y": 0.0} for x in (-3.0, -1.0, 0.0, 0.5, 0.9)]):
        if gains is None:
            assert made.gain is None
            continue
        row = gains.matrix[gains.actions.index(made.action)]
        worth = zip(made.probabilities.values(), row, gains.matrix[0], strict=True)
        assert made.gain == pytest.approx(sum(p * (g - rest) for p, g, rest in worth))


def test_the_action_that_gains_most_is_chosen(trained) -> None:
    decider = decider_of(trained, *POLICIES[4])
    made = many(decider, [{"x": x, "y": 0.0} for x in (-3.0, 3.0)])
    assert [d.action for d in made] == ["call", "write"]
    assert [d.prediction for d in made] == ["a", "d"]


def test_nothing_is_done_where_nothing_is_gained(trained) -> None:
    decider = decider_of(trained, ("a", "b", "c"), {"gains": {"call": {"a": 0}, "write": {"a": -1, "b": -1, "c": -1}}})
    assert [d.action for d in many(decider, [{"x": -2.0, "y": 0.0}])] == ["none"]


def test_from_the_threshold_on_it_acts(trained) -> None:
    record = {"x": 0.2, "y": 0.1}
    told = decider_of(trained, ("no", "yes"), {"threshold": 0.5}).decide_one(record, key=None, at=NOW)
    exactly = told.probabilities["yes"]
    assert decider_of(trained, ("no", "yes"), {"threshold": exactly}).decide_one(record, key=None, at=NOW).acts
    above = decider_of(trained, ("no", "yes"), {"threshold": exactly + 1e-9})
    assert not above.decide_one(record, key=None, at=NOW).acts


def test_a_rule_before_the_model_asks_no_model(trained) -> None:
    made = many(decider_of(trained, *POLICIES[1]), [{"x": 2.0, "y": 0.0}, {"x": 0.9, "y": 3.0}])
    assert made[0].prediction is None
    assert not made[0].probabilities
    assert made[1].prediction == "yes"


def test_a_rule_after_the_model_has_the_last_word(trained) -> None:
    declared = {"gains": {"offer": {"yes": 10, "no": -1}}, "rules": [
        {"if": "action == 'offer' and gain < 1000 and prediction == 'yes'", "then": "skip", "because": "not this month"}
    ]}  # fmt: skip
    made = decider_of(trained, ("no", "yes"), declared).decide_one({"x": 2.0, "y": 0.0}, key=None, at=NOW)
    assert (made.action, made.gain) == ("none", 0.0)
    assert [r.text for r in made.reasons] == ["not this month"]


def test_a_regression_decides_by_rules(trained) -> None:
    decider = decider_of(trained, *POLICIES[5])
    made = many(decider, [{"x": x, "y": 1.0} for x in (3.0, -3.0, 0.0)])
    assert [d.action for d in made] == ["act", "call", "none"]
    assert all(d.gain is None for d in made)


def test_reasons_are_words(trained) -> None:
    decider = decider_of(trained, *POLICIES[0])
    made = decider.decide_one({"x": 2.0, "y": -0.5}, key=None, at=NOW, reasons=True)
    kinds = [reason.kind for reason in made.reasons]
    assert kinds == ["gain", "feature", "feature"]
    gain, first, second = made.reasons
    assert gain.text.startswith("act is expected to gain +")
    assert "at a probability of yes of" in gain.text
    assert first.text == "x = 2.0 raises the chance of yes"
    assert second.text == "y = -0.5 lowers the chance of yes"
    assert first.weight is not None
    assert second.weight is not None
    assert abs(first.weight) > abs(second.weight)


def test_a_threshold_without_gains_is_a_reason_too(trained) -> None:
    made = decider_of(trained, ("no", "yes"), {"threshold": 0.5}).decide_one(
        {"x": 3.0, "y": 0.0}, key=None, at=NOW, reasons=True
    )
    assert made.reasons[0].text.endswith("reaches 50.0%")


def test_the_threshold_that_decided_is_told(trained) -> None:
    decider = decider_of(trained, *POLICIES[0])
    made = decider.decide_one({"x": 0.0, "y": 0.0}, key=None, at=NOW, reasons=True)
    assert made.reasons[0].text.endswith("(acts from 40.0%)")


def test_a_missing_value_is_called_missing(trained) -> None:
    decider = decider_of(trained, *POLICIES[0])
    made = decider.decide_one({"x": 2.0, "y": float("nan")}, key=None, at=NOW, reasons=True)
    assert made.reasons[-1].text.startswith("y = missing ")


def test_an_id_is_of_what_determines_the_decision(trained) -> None:
    decider = decider_of(trained, *POLICIES[0])
    record = {"x": 1.0, "y": 0.0}
    one = decider.decide_one(record, key="7", at=NOW)
    assert decider.decide_one(dict(reversed(record.items())), key="7", at=NOW + timedelta(days=3)).id == one.id
    others = [
        decider.decide_one(record, key="8", at=NOW),
        decider.decide_one({**record, "y": 0.1}, key="7", at=NOW),
        decider.decide_one(record, key="7", at=NOW, occasion="2027"),
        decider_of(trained, *POLICIES[1]).decide_one(record, key="7", at=NOW),
    ]
    assert len({one.id, *(other.id for other in others)}) == 5


def test_equal_rows_without_a_key_are_told_apart(trained) -> None:
    decider = decider_of(trained, *POLICIES[0])
    record = {"x": 1.0, "y": 0.0}
    made = many(decider, [record, {"x": 0.0, "y": 0.0}, record, record], [None] * 4)
    assert len({d.id for d in made}) == 4
    assert made[0].id == decider.decide_one(record, key=None, at=NOW).id
    again = many(decider, [record, {"x": 0.0, "y": 0.0}, record, record], [None] * 4)
    assert [d.id for d in again] == [d.id for d in made]


def test_equal_rows_with_a_key_are_one_decision(trained) -> None:
    record = {"x": 1.0, "y": 0.0}
    made = many(decider_of(trained, *POLICIES[0]), [record, record], ["7", "7"])
    assert made[0].id == made[1].id
