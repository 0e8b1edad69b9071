"""Data that can teach little or nothing: a clear error, or a model that answers; never a crash."""

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn, Split
from mainspring.errors import QualityError

ALL = ["linear", "lightgbm", "extra_trees", "xgboost", "catboost", "decision_tree"]
DECLARED = Learn(target="y", candidates=ALL, split=Split(folds=2), optimise="log_loss")
LABELS = ["no", "yes"] * 30


def answers_everything(found, table: pa.Table) -> None:
    answer = found.model.predict(table)
    chances = np.column_stack([answer[name].to_numpy() for name in answer.column_names[1:]])
    assert np.isfinite(chances).all()
    assert np.isfinite(list(found.metrics.values())).all()


def test_constant_columns_only(find) -> None:
    with pytest.raises(QualityError, match="no column can serve as a feature"):
        find(pa.table({"y": LABELS, "a": [1.0] * 60, "b": ["x"] * 60}), DECLARED)


def test_nothing_but_the_target(find) -> None:
    with pytest.raises(QualityError, match="no column can serve as a feature"):
        find(pa.table({"y": LABELS}), DECLARED)


def test_everything_missing(find) -> None:
    with pytest.raises(QualityError, match="no column can serve as a feature"):
        find(pa.table({"y": LABELS, "a": pa.nulls(60, pa.float64()), "b": pa.nulls(60, pa.string())}), DECLARED)


def test_one_row(find) -> None:
    with pytest.raises(QualityError, match="one class only"):
        find(pa.table({"y": ["no"], "a": [1.0]}), DECLARED)


def test_two_rows_of_two_classes(find) -> None:
    with pytest.raises(QualityError, match="cannot be kept apart"):
        find(pa.table({"y": ["no", "yes"], "a": [1.0, 2.0]}), DECLARED)


def test_a_class_of_one_row(find) -> None:
    table = pa.table({"y": ["no"] * 59 + ["yes"], "a": np.arange(60.0) % 7})
    found = find(table, DECLARED.model_copy(update={"optimise": "roc_auc", "split": Split(folds=3)}))
    assert found.model.card.classes == ("no", "yes")
    assert len(found.model.predict(table)) == 60


@pytest.mark.parametrize("odd", [1e9, -1e9, 1e300, np.inf, -np.inf, np.nan])
def test_a_number_beyond_all_reason(find, odd: float) -> None:
    dice = np.random.default_rng(0)
    values = dice.normal(size=60) + np.array([0, 2] * 30)
    values[5] = odd
    table = pa.table({"y": LABELS, "a": values, "b": dice.normal(size=60)})
    found = find(table, DECLARED)
    answers_everything(found, table)
    assert found.metrics["roc_auc"] > 0.75
    for value in (1e300, -np.inf, np.nan, None):
        answer = found.model.predict_one({"a": value, "b": 0.0})
        assert answer["probability_no"] + answer["probability_yes"] == pytest.approx(1.0)


def test_a_target_that_is_one_number(find) -> None:
    table = pa.table({"y": [2.5] * 60, "a": np.random.default_rng(0).normal(size=60)})
    declared = DECLARED.model_copy(update={"optimise": "rmse", "question": "number"})
    found = find(table, declared)
    assert found.model.predict_one({"a": 0.3})["prediction"] == pytest.approx(2.5)


def test_more_columns_than_rows(find) -> None:
    dice = np.random.default_rng(0)
    columns = {f"c{n}": dice.normal(size=60) for n in range(80)}
    table = pa.table({"y": LABELS, **columns, "good": dice.normal(size=60) + np.array([0, 3] * 30)})
    answers_everything(find(table, DECLARED), table)
