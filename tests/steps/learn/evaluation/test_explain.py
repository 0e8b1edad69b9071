"""Explain: what the answers rest on, and how they go with each column."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn, Split
from mainspring.measure.gains import Gains
from mainspring.model import NUMBER_ANSWER, ModelCard, Question, class_answer
from mainspring.steps.learn.evaluation.explain import explain
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.learner import Goal

PLANE = Goal(Question.NUMBER, "y", "rmse")
TOWNS = ["北京", "上海", "Paris"]


class Plane:
    """A model that is known: 3 × a − 2 × b, and 5 more in 北京. It explains itself."""

    def __init__(self, columns: pa.Schema) -> None:
        self.card = ModelCard("plane", Question.NUMBER, "y", columns, NUMBER_ANSWER)

    def parts(self, table: pa.Table) -> dict[str, np.ndarray]:
        parts = {"a": 3 * table["a"].to_numpy(), "b": -2 * table["b"].to_numpy().astype(float)}
        if "town" in table.column_names:
            parts["town"] = np.array([5.0 if town == "北京" else 0.0 for town in table["town"].to_pylist()])
        nothing = np.zeros(len(table))
        return {name: parts.get(name, nothing) for name in self.card.input.names}

    def predict(self, table: pa.Table) -> pa.Table:
        return pa.table({"prediction": np.sum(list(self.parts(table).values()), axis=0)})

    def explain(self, table: pa.Table) -> pa.Table:
        return pa.table({name: part - part.mean() for name, part in self.parts(table).items()})

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.predict(pa.Table.from_pylist([dict(record)])).to_pylist()[0]

    def save(self, folder: object) -> None: ...


def told(table: pa.Table, private: tuple[str, ...] = ()) -> dict[str, Any]:
    model = Plane(table.schema.remove(table.schema.get_field_index("y")))
    found = explain(model, table, PLANE, private=private)
    json.dumps(found, allow_nan=False)
    return found


def rows(count: int = 400, **more: Any) -> pa.Table:
    dice = np.random.default_rng(0)
    a, b, town = dice.normal(0, 1, count), dice.integers(0, 30, count), dice.choice(TOWNS, count)
    y = 3 * a - 2.0 * b + 5 * (town == "北京") + dice.normal(0, 0.1, count)
    return pa.table({"a": a, "b": b, "town": town, **more, "y": y})


def entry(found: dict[str, Any], column: str) -> dict[str, Any]:
    return next(line for line in found["dependence"] if line["column"] == column)


def test_importance_has_an_interval_and_the_best_comes_first() -> None:
    importance = told(rows())["importance"]
    assert [line["column"] for line in importance] == ["b", "a", "town"]
    assert all(line["low"] <= line["value"] <= line["high"] for line in importance)


def test_what_is_lost_without_a_column_is_in_the_unit_of_the_objective() -> None:
    losses = told(rows(2000))["losses"]
    assert [line["column"] for line in losses] == ["b", "a", "town"]
    # Dealt out anew, b is off by the difference of two of its values: 2 × √2 × its standard deviation.
    expected = 2 * np.sqrt(2) * np.std(np.arange(30))
    assert losses[0]["value"] == pytest.approx(expected, rel=0.05)
    assert all(0 < line["low"] <= line["value"] <= line["high"] for line in losses)


def test_a_column_the_model_does_not_use_loses_nothing() -> None:
    losses = told(rows(idle=np.arange(400.0)))["losses"]
    assert losses[-1] == {"column": "idle", "value": 0.0, "low": 0.0, "high": 0.0}


def test_a_straight_answer_is_a_straight_line_for_every_row() -> None:
    line = entry(told(rows()), "a")
    assert line["kind"] == "number"
    assert line["of"] is None
    assert np.diff(line["mean"]) / np.diff(line["grid"]) == pytest.approx(3.0)
    for single in line["lines"]:
        assert np.diff(single) / np.diff(line["grid"]) == pytest.approx(3.0)
    assert "accumulated" not in line


def test_words_are_set_to_their_levels_the_commonest_first_and_missing_is_one() -> None:
    table = rows()
    towns = [None if i % 10 == 0 else town for i, town in enumerate(table["town"].to_pylist())]
    line = entry(told(table.set_column(2, "town", pa.array(towns))), "town")
    assert line["kind"] == "category"
    assert line["grid"][-1] is None
    means = dict(zip(line["grid"], line["mean"], strict=True))
    assert means["北京"] - means["Paris"] == pytest.approx(5.0)
    assert means["Paris"] == means["上海"] == means[None]
    assert all(low <= mean <= high for low, mean, high in zip(line["low"], line["mean"], line["high"], strict=True))


def test_columns_that_go_together_have_their_accumulated_local_effects_beside() -> None:
    table = rows(1000)
    shadow = table["a"].to_numpy() + np.random.default_rng(1).normal(0, 0.3, 1000)
    line = entry(told(table.append_column("shadow", pa.array(shadow))), "a")
    assert line["with"]["column"] == "shadow"
    assert line["with"]["correlation"] > 0.9
    assert np.diff(line["accumulated"]) / np.diff(line["grid"]) == pytest.approx(3.0)
    assert line["accumulated"] == pytest.approx(line["mean"])


def test_dates_and_numbers_of_few_values_are_shown_as_what_they_are() -> None:
    days = np.datetime64("2024-01-01", "D") + np.arange(400)
    found = told(rows(day=pa.array(days), half=pa.array(np.arange(400) % 2)))
    assert entry(found, "day")["kind"] == "date"
    assert entry(found, "day")["grid"][0].startswith("2024-01-0")
    assert entry(found, "half")["grid"] == [0, 1]


def test_private_columns_and_texts_are_not_shown() -> None:
    found = told(rows(mail=[f"person{i}@example.com" for i in range(400)]), private=("town",))
    assert [line["column"] for line in found["dependence"]] == ["b", "a"]
    assert "example.com" not in json.dumps(found)
    assert "北京" not in json.dumps(found)
    assert "town" in {line["column"] for line in found["importance"]}


@pytest.mark.parametrize("odd", [[None] * 400, [1.0] * 400, [float("inf"), float("nan")] * 200, [[1, 2]] * 400])
def test_columns_without_values_to_show_are_left_out(odd: list[Any]) -> None:
    assert "odd" not in {line["column"] for line in told(rows(odd=odd))["dependence"]}


def test_two_rows_are_enough() -> None:
    found = told(rows(2))
    assert {line["column"] for line in found["importance"]} == {"a", "b", "town"}


def test_the_probability_drawn_is_that_of_the_positive_class(find, customers) -> None:
    declared = Learn(target="leaves", candidates=["linear"], exclude=["spent"], split=Split(folds=2))
    model, test = find(customers(), declared).model, customers(300, seed=1)
    gains = Gains(("none", "offer"), ("no", "yes"), ((0, -100), (-20, 120)))
    found = explain(model, test, goal_of(declared, test["leaves"], has_gains=False), gains=gains)
    months = entry(found, "months")
    assert months["of"] == "yes"
    assert months["mean"][0] > months["mean"][-1]
    assert {line["column"] for line in found["importance"]} == {"months", "plan", "price"}


def test_of_more_classes_that_of_the_commonest() -> None:
    class Die:
        card = ModelCard("die", Question.CLASS, "y", pa.schema([("a", pa.float64())]),
                         class_answer(("x", "y", "z"), pa.string()), ("x", "y", "z"))  # fmt: skip

        def predict(self, table: pa.Table) -> pa.Table:
            half = np.full(len(table), 0.25)
            return pa.table({"prediction": ["y"] * len(table), "x": half, "y": 2 * half, "z": half})

        predict_one = save = None

    table = pa.table({"a": np.arange(40.0), "y": ["z"] * 20 + ["x", "y"] * 10})
    found = explain(Die(), table, Goal(Question.CLASS, "y", "log_loss", ("x", "y", "z")))  # type: ignore[arg-type]
    assert found["importance"] == []
    assert entry(found, "a")["of"] == "z"
    assert entry(found, "a")["mean"] == [0.25] * 20
