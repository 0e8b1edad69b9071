"""Alarms: a model that looks better than it will be is not praised in silence."""

import numpy as np
import pyarrow as pa
import pytest

from mainspring.steps.learn.evaluation.agreement import agreement
from mainspring.steps.learn.evaluation.alarms import alarms, repeated, sentence

GOOD = {"question": "class", "rows": 500, "metrics": {"roc_auc": {"value": 0.85, "low": 0.82, "high": 0.88}}}
PERFECT = {"question": "class", "rows": 500, "metrics": {"roc_auc": {"value": 0.999, "low": 0.99, "high": 1.0}}}
CARRIED = [{"column": "paid", "value": 9.5}, {"column": "age", "value": 0.5}]


def kinds(*known) -> list[str]:
    return [alarm["alarm"] for alarm in alarms("churn", *known)]


def test_nothing_is_said_of_an_honest_model() -> None:
    assert kinds({"suspects": []}, GOOD | {"importance": CARRIED, "repeated": 0}, None) == []


def test_a_column_that_alone_tells_the_target_is_named_with_what_to_do() -> None:
    suspects = [
        {"column": "cancelled_at", "why": "…", "score": 0.998},
        {"column": "number", "why": "an id", "score": None},
    ]
    (alarm,) = alarms("churn", {"suspects": suspects}, GOOD, None)
    told = sentence(alarm)
    assert told.startswith("cancelled_at alone tells churn almost surely (0.998).")
    assert "learn.exclude" in told


def test_a_column_that_carries_a_nearly_perfect_model_is_named_once() -> None:
    evaluation = PERFECT | {"importance": CARRIED}
    (alarm,) = alarms("churn", {}, evaluation, None)
    assert sentence(alarm).startswith("paid carries 95% of the answers, and they are nearly perfect (ROC AUC 0.999).")
    suspects = [{"column": "paid", "why": "…", "score": 1.0}]
    assert kinds({"suspects": suspects}, evaluation, None) == ["gives_away"]


def test_a_perfect_model_of_many_columns_and_a_poor_one_of_one_column_are_no_alarm() -> None:
    even = [{"column": name, "value": 1.0} for name in "abc"]
    assert kinds({}, PERFECT | {"importance": even}, None) == []
    assert kinds({}, GOOD | {"importance": CARRIED}, None) == []


@pytest.mark.parametrize(
    ("before", "agrees", "far"), [(0.85, True, False), (0.87, True, False), (0.91, False, False), (0.95, False, True)]
)
def test_out_of_fold_and_test_are_compared_by_what_chance_explains(before: float, agrees: bool, far: bool) -> None:
    agreed = agreement("roc_auc", {"roc_auc": before}, GOOD, 2000)
    assert agreed is not None
    assert (agreed["agrees"], agreed["far"]) == (agrees, far)
    assert kinds({}, GOOD, agreed) == (["gap"] if far else [])


def test_better_than_promised_is_not_an_alarm_and_less_is_better_for_losses() -> None:
    losses = {"question": "number", "rows": 500, "metrics": {"rmse": {"value": 10.0, "low": 9.0, "high": 11.0}}}
    worse, better = (agreement("rmse", {"rmse": before}, losses, 500) for before in (5.0, 15.0))
    assert worse is not None
    assert better is not None
    assert (worse["far"], better["far"]) == (True, False)
    assert not better["agrees"]
    assert "RMSE is 10, out of fold it was 5" in sentence(alarms("y", {}, losses, worse)[0])


def test_profit_is_compared_by_the_gain_a_row() -> None:
    gain = {"value": 20.0, "low": 18.0, "high": 22.0}
    agreed = agreement("profit", {"profit": 21.0}, GOOD | {"gain_a_row": gain}, 2000)
    assert agreed is not None
    assert agreed["agrees"]


@pytest.mark.parametrize("metrics", [{}, {"roc_auc": float("nan")}])
def test_what_is_not_known_is_not_compared(metrics: dict[str, float]) -> None:
    assert agreement("roc_auc", metrics, GOOD, 2000) is None


def people(count: int, seed: int) -> pa.Table:
    dice = np.random.default_rng(seed)
    return pa.table({
        "income": dice.normal(3000, 500, count), "town": dice.choice(["a", "b"], count), "age": dice.integers(18, 80, count),
        "born": pa.array(dice.integers(0, 9**9, count)).cast(pa.timestamp("us")), "tags": [["x"]] * count,
    })  # fmt: skip


def test_test_rows_that_repeat_training_rows_are_counted() -> None:
    train = people(400, 1)
    test = pa.concat_tables([people(80, 2), train.slice(0, 20)])
    assert repeated(train, test, train.column_names) == 20
    evaluation = GOOD | {"repeated": 20}
    assert sentence(alarms("y", {}, evaluation, None)[0]).startswith("20 of 500 test rows repeat a training row")


def test_repeats_that_are_few_or_in_the_nature_of_the_table_are_no_alarm() -> None:
    train = people(400, 1)
    assert repeated(train, pa.concat_tables([people(80, 2), train.slice(0, 3)]), train.column_names) == 0
    assert repeated(train, train.slice(0, 100), ["town", "age"]) == 0
    assert repeated(train, train, []) == 0
    assert repeated(train, train.slice(0, 0), train.column_names) == 0


def test_missing_values_repeat_missing_values() -> None:
    train = people(400, 1)
    holes = train.set_column(
        0, "income", pa.array([None if i % 2 else v for i, v in enumerate(train["income"].to_pylist())])
    )
    assert repeated(holes, holes.slice(0, 40), train.column_names) == 40
