"""The goal: what a declaration asks, made definite by the column."""

import math
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn
from mainspring.errors import QualityError, SpecError
from mainspring.model import Question
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.learner import Goal


def goal(values: list, *, gains: bool = False, **declared) -> Goal:
    return goal_of(Learn(target="y", **declared), pa.chunked_array([values]), has_gains=gains)


def test_words_are_classes_and_fractions_are_numbers() -> None:
    assert goal(["a", "b", "c"]).question == Question.CLASS
    assert goal([1.5, 2.5]).question == Question.NUMBER
    assert goal([1, 2], question=Question.NUMBER).question == Question.NUMBER


def test_what_is_optimised_unless_said() -> None:
    assert goal(["a", "b"]).metric == "log_loss"
    assert goal(["a", "b"], gains=True).metric == "profit"
    assert goal([0.5, 1.0]).metric == "rmse"


@pytest.mark.parametrize(
    ("labels", "positive"),
    [(["No", "Yes", "Yes"], "Yes"), ([0, 1, 1, 1], 1), (["good", "bad", "bad"], "bad"), (["x", "x", "z"], "z"),
     ([True, False], True), (["否", "是"], "是")],
)  # fmt: skip
def test_the_positive_class_is_told_by_its_word_else_the_rarer(labels: list, positive: object) -> None:
    assert goal(labels).positive == positive


def test_the_positive_class_may_be_declared() -> None:
    assert goal(["No", "Yes"], positive="no").positive == "No"
    with pytest.raises(SpecError, match="did you mean 'stays'"):
        goal(["stays", "leaves"], positive="stay")


def test_of_many_classes_none_is_positive() -> None:
    assert goal(["c", "a", "b"]) == Goal(Question.CLASS, "y", "log_loss", ("a", "b", "c"))


def test_no_rows_and_one_class_are_refused() -> None:
    with pytest.raises(QualityError, match="no row has a 'y'"):
        goal_of(Learn(target="y"), pa.chunked_array([], pa.string()), has_gains=False)
    with pytest.raises(QualityError, match="one class only: 'a'"):
        goal(["a", "a"])


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_numbers_that_are_none_are_counted_and_refused(bad: float) -> None:
    with pytest.raises(QualityError, match="2 values of 'y' are not finite"):
        goal([1.0, bad, bad])


def test_words_are_no_numbers() -> None:
    with pytest.raises(QualityError, match="holds string values, not numbers"):
        goal(["a", "b"], question=Question.NUMBER)


def test_a_metric_must_judge_the_question() -> None:
    with pytest.raises(SpecError, match="'roc_auc' does not judge a number"):
        goal([0.5, 1.5], optimise="roc_auc")
    with pytest.raises(SpecError, match="'profit' needs gains"):
        goal(["a", "b"], optimise="profit")


def test_moments_are_no_classes() -> None:
    with pytest.raises(QualityError, match="holds moments") as caught:
        goal([datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 29)])
    assert "prepare.types: {y: category}" in str(caught.value)


def test_a_class_of_its_own_for_nearly_every_row_is_none_to_learn() -> None:
    with pytest.raises(QualityError, match="40 classes in 50 rows"):
        goal([f"n{i % 40}" for i in range(50)])
    assert len(goal([f"n{i % 20}" for i in range(30)]).classes) == 20
    assert len(goal([f"n{i % 1000}" for i in range(3000)]).classes) == 1000
