"""What a declaration and validation data say about acting, as one value."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.automation.decide import Decide
from mainspring.errors import SpecError
from mainspring.model import Question
from mainspring.steps.decide.policy import Policy, gains_of, policy_of

CHURN = {"question": Question.CLASS, "classes": ("no", "yes"), "positive": "yes"}
OUTCOMES = {"true_positive": 120, "false_positive": -20, "false_negative": -100}
EVERYTHING = {
    "gains": {"offer": {"yes": 60, "no": -20}, "none": {"yes": -100}},
    "rules": [
        {"if": "contract == 'Two year'", "then": "skip", "because": "bound"},
        {"if": "probability > 0.9", "then": "call"},
        {"table": [{"tenure": "> 24", "then": "offer"}, {"gain": "> 5", "城市": "上海", "then": "none"}]},
    ],
    "on_error": "none",
}


def policy(declared: dict, actions: tuple[str, ...] = (), **more) -> Policy:
    return policy_of(Decide.model_validate(declared), actions, **{**CHURN, **more})


def test_outcomes_become_gains_of_the_one_action() -> None:
    made = policy({"gains": OUTCOMES}, ("offer",), threshold=0.2)
    assert made.actions == ("none", "offer")
    assert made.action == "offer"
    assert made.threshold == 0.2
    assert made.gains is not None
    assert made.gains.matrix == ((0.0, -100.0), (-20.0, 120.0))


def test_acting_is_called_act_where_no_action_is_declared() -> None:
    assert policy({"gains": OUTCOMES}).actions == ("none", "act")
    assert policy({"threshold": 0.5}).action == "act"


def test_a_declared_threshold_comes_first() -> None:
    assert policy({"threshold": 0.7, "gains": OUTCOMES}, ("offer",), threshold=0.2).threshold == 0.7


def test_gains_an_action_name_their_actions() -> None:
    made = policy({"gains": {"call": {"yes": 10}, "offer": {"yes": 5, "no": 1}}})
    assert made.gains is not None
    assert made.gains.actions == made.actions == ("none", "call", "offer")
    assert made.action is None


def test_rules_that_speak_of_the_answer_stand_after_the_model() -> None:
    made = policy(EVERYTHING)
    assert [part.condition for part in made.before] == ["contract == 'Two year'"]
    assert [part.condition for part in made.after] == ["probability > 0.9", None]


@pytest.mark.parametrize("word", ["prediction", "probability", "gain", "action"])
def test_every_word_of_the_answer_makes_a_rule_stand_after(word: str) -> None:
    assert policy({"rules": [{"if": f"{word} != null", "then": "offer"}]}).after
    assert policy({"rules": [{"table": [{word: "1", "then": "offer"}]}]}).after


def test_a_stage_that_is_declared_is_kept() -> None:
    made = policy({"rules": [{"if": "tenure > 3", "then": "offer", "stage": "after"}]})
    assert not made.before
    assert len(made.after) == 1


def test_skip_and_none_are_doing_nothing() -> None:
    rules = [
        {"if": "a == 1", "then": "skip"},
        {"if": "a == 2", "then": "none"},
        {"table": [{"a": "3", "then": "skip"}]},
    ]
    assert policy({"rules": rules}).actions == ("none",)


def test_actions_are_all_that_may_be_chosen() -> None:
    assert set(policy(EVERYTHING, ("offer", "call")).actions) == {"none", "offer", "call"}


@pytest.mark.parametrize("declared", [{}, EVERYTHING, {"gains": OUTCOMES}, {"threshold": 0.5}])
@pytest.mark.parametrize("classes", [("no", "yes"), (False, True), (0, 1)])
def test_a_policy_comes_back_from_json(declared: dict, classes: tuple) -> None:
    if "gains" in declared and declared is EVERYTHING:
        declared = {**declared, "gains": {"offer": {str(classes[1]): 60}}}
    made = policy(declared, ("offer",), classes=classes, positive=classes[1], threshold=0.25)
    back = Policy.from_dict(json.loads(json.dumps(made.to_dict())))
    assert back == made
    assert back.version == made.version


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2, unique=True))
def test_another_policy_is_another_version(thresholds: list[float]) -> None:
    one, other = (policy({"threshold": threshold}) for threshold in thresholds)
    assert one.version != other.version


def test_the_version_is_the_same_in_another_process() -> None:
    made = policy(EVERYTHING, ("offer", "call"))
    program = (
        "import json, sys; from mainspring.steps.decide.policy import Policy;"
        "print(Policy.from_dict(json.load(sys.stdin)).version)"
    )
    asked = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(made.to_dict()), capture_output=True, text=True, check=True
    )
    assert asked.stdout.strip() == made.version


def test_gains_need_classes() -> None:
    with pytest.raises(SpecError, match="rules over 'prediction'"):
        gains_of(Decide.model_validate({"gains": OUTCOMES}), ("offer",), (), None)


def test_outcomes_need_two_classes() -> None:
    with pytest.raises(SpecError, match="action → class → gain"):
        gains_of(Decide.model_validate({"gains": OUTCOMES}), ("offer",), ("a", "b", "c"), None)


def test_a_class_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean 'yes'"):
        gains_of(Decide.model_validate({"gains": {"offer": {"yess": 1}}}), (), ("no", "yes"), "yes")
