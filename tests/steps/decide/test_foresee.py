"""Foresee: what is reckoned in choosing a model is what is done in deciding."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.automation.decide import Decide
from mainspring.measure.stakes import ASKED, Stakes
from mainspring.model import ModelCard, Question, class_answer
from mainspring.steps.decide.capacity import limit_to
from mainspring.steps.decide.decider import Decider
from mainspring.steps.decide.foresee import foresee
from mainspring.steps.decide.policy import Policy, policy_of

OUTCOMES = {"true_positive": 120, "false_positive": -20, "false_negative": -100}
SEVERAL = {"offer": {"yes": 60, "no": -20}, "call": {"yes": 100, "no": -60}, "none": {"yes": -100}}
RULES = [
    {"if": "months > 50", "then": "skip"},
    {"if": "months < 3", "then": "offer"},
    {"if": "months == 7", "then": "letter"},
    {"table": [{"plan": "a", "months": "> 40", "then": "call"}]},
    {"if": "action == 'offer' and plan == 'b'", "then": "skip"},
]
SPEAKING = {"if": "probability > 0.9 and gain > 10", "then": "call"}


def policy(threshold: float | None = 0.3, **declared) -> Policy:
    return policy_of(
        Decide.model_validate(declared), ["offer", "call"] if "offer" in declared.get("gains", {}) else ["offer"],
        question=Question.CLASS, classes=("no", "yes"), positive="yes", threshold=threshold,
    )  # fmt: skip


class Known:
    """A model whose probabilities are in the record."""

    card = ModelCard(
        "known", Question.CLASS, "leaves", pa.schema([("chance", pa.float64())]), class_answer(("no", "yes"), pa.string()),
        ("no", "yes"), "yes",
    )  # fmt: skip

    def __init__(self, chances: list[float]) -> None:
        self._chances = chances

    def predict(self, table: pa.Table) -> pa.Table:
        chance = np.array(table.column("chance").to_pylist())
        guess = np.where(chance > 0.5, "yes", "no")
        return pa.table({"prediction": guess, "probability_no": 1 - chance, "probability_yes": chance})

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.predict(pa.Table.from_pylist([dict(record)])).to_pylist()[0]


@st.composite
def customers(draw: st.DrawFn):
    rows = st.fixed_dictionaries({
        "months": st.integers(0, 60), "plan": st.sampled_from(["a", "b", None]),
        "chance": st.floats(0, 1).map(lambda chance: round(chance, 3)),
    })  # fmt: skip
    return draw(st.lists(rows, min_size=2, max_size=30))


@settings(deadline=None, max_examples=50)
@given(
    records=customers(),
    several=st.booleans(),
    speaking=st.booleans(),
    share=st.none() | st.floats(0, 1),
    rules=st.integers(0, len(RULES)),
)
def test_the_reckoning_is_what_the_decider_and_the_capacity_do(records, several, speaking, share, rules) -> None:
    made = policy(gains=SEVERAL if several else OUTCOMES, rules=[*([SPEAKING] if speaking else []), *RULES[:rules]])
    decider = Decider("x", Known([]), made, 1)  # pyright: ignore[reportArgumentType]
    decisions = decider.decide(pa.Table.from_pylist, records, keys=[None] * len(records), at=datetime.now(UTC))
    if share is not None:
        decisions = limit_to(decisions, int(share * len(records) + 1e-9))
    assert made.gains is not None
    found = foresee(made, records)
    stakes = Stakes(made.gains, 1, found.before, found.after, found.later if found.needs_answer else None, share)
    chance = np.array([record["chance"] for record in records])
    actions = stakes.decided(np.column_stack([1 - chance, chance]), made.threshold)
    done = [made.actions[action] for action in actions]
    expected = [decision.action for decision in decisions]
    # Within the capacity, of those that gain as much to the last digit any may act.
    assert done == expected or (share is not None and sorted(done) == sorted(expected))


def test_a_rule_that_cannot_read_a_record_does_nothing_for_it() -> None:
    made = policy(gains=OUTCOMES, rules=[{"if": "months > 50", "then": "offer"}])
    assert foresee(made, [{"months": "many"}, {"months": 60}, {"months": 1}, {}]).before.tolist() == [
        0,
        1,
        ASKED,
        ASKED,
    ]


def test_without_rules_the_model_is_asked_about_everything() -> None:
    found = foresee(policy(gains=OUTCOMES), [{}, {}])
    assert found.before.tolist() == [ASKED, ASKED]
    assert found.after is None
    assert not found.needs_answer


@pytest.mark.parametrize(
    ("written", "needs"), [("action == 'offer'", False), ("probability > 0.5", True), ("gain > 3", True)]
)
def test_it_is_known_which_rules_need_the_answer(written: str, needs: bool) -> None:
    assert foresee(policy(gains=OUTCOMES, rules=[{"if": written, "then": "skip"}]), []).needs_answer is needs
