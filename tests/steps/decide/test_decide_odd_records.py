"""Whatever a record brings, it is decided with its reasons, or its fields are named."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.decide import Decide
from mainspring.automation.prepare import Prepare
from mainspring.errors import BadRecord
from mainspring.model import Prepared, Question
from mainspring.steps.decide.decider import Decider
from mainspring.steps.decide.policy import policy_of
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.tabular.linear.fit import Linear
from mainspring.steps.prepare.clean import CleaningPlan, plan
from mainspring.steps.prepare.preparer import TablePreparer

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CLASSES = ("no", "yes")


def customers(count: int = 200) -> pa.Table:
    dice = np.random.default_rng(0)
    tenure, leaves = dice.integers(1, 60, count), dice.random(count)
    return pa.table({
        "tenure": [str(months) for months in tenure],
        "contract": [str(kind) for kind in dice.choice(["monthly", "two years"], count)],
        "churn": [CLASSES[int(chance > months / 60)] for chance, months in zip(leaves, tenure, strict=True)],
    })  # fmt: skip


@pytest.fixture(scope="module")
def reading() -> CleaningPlan:
    return plan(customers(), Prepare(), target="churn", key=None)


@pytest.fixture(scope="module")
def decider(reading: CleaningPlan) -> Decider:
    """Of a model over raw rows, as it is deployed."""
    goal = Goal(Question.CLASS, "churn", "log_loss", CLASSES, "yes")
    table = customers()
    fitted = TablePreparer(reading, "churn", classes=CLASSES, positive="yes").fit(table)
    features = fitted.train.append_column("churn", table["churn"])
    model = Linear().fit(features, None, goal, Budget(float("inf")))
    transform = fitted.transform
    card = type(model.card)("prepared", Question.CLASS, "churn", transform.input, model.card.answer, CLASSES, "yes")
    declared = {
        "gains": {"true_positive": 120, "false_positive": -20},
        "rules": [{"if": "tenure > 55", "then": "skip"}],
    }
    policy = policy_of(
        Decide.model_validate(declared),
        ["offer"],
        question=Question.CLASS,
        classes=CLASSES,
        positive="yes",
        threshold=0.3,
    )
    return Decider("churn", Prepared(transform, model, card), policy, 1, reading.apply_one)


@pytest.mark.parametrize(
    "record",
    [
        {}, {"tenure": None}, {"tenure": "7"},
        {"tenure": -(10**30)}, {"more": 10**30}, {"tenure": Decimal("1.5")}, {"tenure": float("nan")},
        {"tenure": "?"}, {"contract": "never seen"}, {"contract": "x" * 4_000_000}, {"contract": "\ud800"}, {"more": object},
        {"more": {"a": [1, {"b": date(2024, 1, 1)}]}}, {"more": [1, "a", None]}, {"contract": Path("x")},
    ],
    ids=lambda record: repr(record)[:40],
)  # fmt: skip
def test_an_odd_record_is_decided_with_reasons(decider: Decider, record: dict) -> None:
    decision = decider.decide_one(record, key="1", at=NOW, reasons=True)
    assert decision.action in ("none", "offer")
    assert {reason.kind for reason in decision.reasons} >= {"gain"}
    assert all(len(reason.text) < 200 for reason in decision.reasons)
    assert decision == decider.decide_one(record, key="1", at=NOW, reasons=True)


def test_rules_compare_numbers_that_came_as_text(decider: Decider) -> None:
    decision = decider.decide_one({"tenure": " 56 ", "contract": "monthly"}, key="1", at=NOW)
    assert [reason.kind for reason in decision.reasons] == ["rule"]
    assert decision.prediction is None


def test_a_field_that_a_rule_cannot_read_is_named(decider: Decider) -> None:
    declared = {"rules": [{"if": "score > 5", "then": "skip"}]}
    policy = policy_of(Decide.model_validate(declared), [], question=Question.CLASS, classes=CLASSES, positive="yes")
    strict = Decider("churn", decider.model, policy, 1)
    assert strict.problems({"score": "high"}) == {"score": "is a text"}
    assert strict.problems({"score": 7}) == {}
    with pytest.raises(BadRecord, match="score is a text"):
        strict.decide_one({"score": "high"}, key="1", at=NOW)
