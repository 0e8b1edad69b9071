"""A model that a person can read is told whole: its answers can be worked out by hand from what the report holds."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring.automation.learn import Learn, Split
from mainspring.steps.learn.evaluation.whole import whole
from mainspring.steps.learn.report.page import render
from mainspring.steps.learn.report.story import Story

Record = dict[str, Any]
PLANS = ["a", "b", "c"]


def customers(n: int = 400) -> pa.Table:
    """Months (some missing), a plan, and answers of each kind."""
    draw = np.random.default_rng(3)
    months, plan, price = draw.integers(1, 60, n).astype(float), draw.choice(PLANS, n), draw.normal(50, 15, n)
    level = 2.5 - months / 12 + (plan == "a") * 1.5 + price / 60 + draw.logistic(size=n) * 0.5
    columns = {
        "months": [None if hole else m for m, hole in zip(months, draw.random(n) < 0.1, strict=True)],
        "plan": plan.tolist(),
        "price": price,
        "leaves": np.where(level > 0, "yes", "no"),
        "kind": np.array(["low", "middle", "high"])[np.digitize(level, [-1.0, 1.0])],
        "spent": np.exp(level / 3 + 4),
    }
    return pa.table(columns)


TARGETS = ("leaves", "kind", "spent")


def learned(find: Callable, target: str, candidate: str, **more: Any) -> tuple[Any, pa.Table]:
    table = customers()
    away = [name for name in TARGETS if name != target]
    declared = Learn(target=target, candidates=[candidate], exclude=away, split=Split(folds=2), **more)
    return find(
        table, declared.model_copy(update={"limits": declared.limits.model_copy(update={"interpretable": True})})
    ).model, table


def linked(model: Any, table: pa.Table, told: Record) -> np.ndarray:
    """What the parts must add up to (n × outputs), from the uncalibrated answers of the only member."""
    member = model.model.members[0]
    answer = member.predict(model.transform.apply(table))
    if not member.card.classes:
        values = answer["prediction"].to_numpy()[:, None]
        return values if told["log"] is None else _logarithm(values, told["log"])
    chances = np.column_stack([answer[name].to_numpy() for name in member.card.chances])
    if len(told["outputs"]) == 1:
        place = [str(label) for label in member.card.classes].index(told["outputs"][0])
        return np.log(chances[:, [place]] / chances[:, [1 - place]])
    logs = np.log(chances)
    return logs - logs.mean(axis=1, keepdims=True)


def _logarithm(values: np.ndarray, log: Record) -> np.ndarray:
    return np.log(values / log["level"]) if log["unit"] == 0.0 else np.log1p(values / log["level"] / log["unit"])


def of_line(told: Record, record: Record) -> np.ndarray:
    total = np.array(told["start"])
    for term in told["terms"]:
        value = record.get(term["column"])
        if term.get("level") is None:
            if value is None:
                total = total + np.array(term["missing"] or 0.0)
                value = term["usual"]
            total = total + np.array(term["weights"]) * min(max(value, term["low"]), term["high"])
        elif term["level"] == (value or ""):
            total = total + np.array(term["weights"])
    return total


def of_curves(told: Record, record: Record) -> np.ndarray:
    total = np.array(told["start"])
    for curve in told["curves"]:
        value = record.get(curve["column"])
        if value is None:
            total = total + np.array(curve["missing"])
        elif "levels" in curve:
            total = total + np.array(curve["values"])[:, curve["levels"].index(value)]
        else:
            # Corners stand twice at each step; a value at a step is still to its left.
            place = int(np.searchsorted(curve["at"], value, side="left"))
            total = total + np.array(curve["values"])[:, min(place, len(curve["at"]) - 1)]
    return total


def of_tree(node: Record, record: Record) -> list[float]:
    while "values" not in node:
        value = record.get(node["column"])
        fits = value is not None and (value in node["among"] if "among" in node else value <= node["at"])
        node = node["left"] if fits or (value is None and node["missing_left"]) else node["right"]
    return node["values"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("candidate", ["linear", "elastic_net"])
def test_a_line_is_worked_out_by_hand(find, target: str, candidate: str) -> None:
    model, table = learned(find, target, candidate)
    told = json.loads(json.dumps(whole(model, table)))
    expected = linked(model, table, told)
    for record, sums in zip(table.to_pylist()[:100], expected, strict=False):
        by_hand = of_line(told, record)
        if len(by_hand) > 1:
            by_hand = by_hand - by_hand.mean()
        assert by_hand == pytest.approx(sums, abs=1e-9 * (1 + np.abs(expected).max()))


@pytest.mark.parametrize("target", TARGETS)
def test_curves_are_worked_out_by_hand(find, target: str) -> None:
    model, table = learned(find, target, "additive")
    told = json.loads(json.dumps(whole(model, table)))
    assert {curve["column"] for curve in told["curves"]} <= {"months", "plan", "price"}
    expected = linked(model, table, told)
    for record, sums in zip(table.to_pylist()[:100], expected, strict=False):
        assert of_curves(told, record) == pytest.approx(sums, abs=1e-6 * (1 + np.abs(expected).max()))
    assert len(told["outputs"]) == {"leaves": 1, "kind": 3, "spent": 0}[target]


@pytest.mark.parametrize("candidate", ["linear_log", "additive_log"])
def test_logarithms_are_worked_out_by_hand(find, candidate: str) -> None:
    model, table = learned(find, "spent", candidate)
    told = whole(model, table)
    assert told is not None
    assert told["log"] is not None
    work = of_line if told["form"] == "line" else of_curves
    for record, sums in zip(table.to_pylist()[:50], linked(model, table, told), strict=False):
        assert work(told, record) == pytest.approx(sums, abs=1e-6)


@pytest.mark.parametrize("target", TARGETS)
def test_a_tree_is_followed_by_hand(find, target: str) -> None:
    model, table = learned(find, target, "decision_tree")
    told = whole(model, table)
    assert told is not None
    member = model.model.members[0]
    answers = member.predict(model.transform.apply(table))
    names = member.card.chances or ("prediction",)
    if len(told["outputs"]) == 1:
        names = (f"probability_{told['outputs'][0]}",)
    expected = np.column_stack([answers[name].to_numpy() for name in names])
    for record, values in zip(table.to_pylist()[:100], expected, strict=False):
        assert of_tree(told["root"], record) == pytest.approx(values)


def test_the_first_of_two_classes_may_be_the_one_that_counts(find) -> None:
    model, table = learned(find, "leaves", "linear", positive="no")
    told = whole(model, table)
    assert told is not None
    assert told["outputs"] == ["no"]
    assert of_line(told, table.to_pylist()[0]) == pytest.approx(linked(model, table, told)[0])


@pytest.mark.parametrize("candidate", ["linear", "additive", "decision_tree"])
def test_values_of_private_columns_are_not_in_it(find, candidate: str) -> None:
    model, table = learned(find, "leaves", candidate)
    told = json.dumps(whole(model, table, ("plan", "months", "price")))
    open_ = json.dumps(whole(model, table))
    assert not any(f'"{plan}"' in told for plan in PLANS)
    assert any(f'"{plan}"' in open_ for plan in PLANS)
    page = render(Story({"name": "n", "learn": {"target": "leaves"}}, evaluation={"whole": json.loads(told)}))
    assert "The model, whole" in page
    if candidate != "linear":
        assert "protected" in page


def test_what_nobody_could_read_is_not_told(find) -> None:
    table = customers()
    declared = Learn(target="leaves", candidates=["lightgbm"], exclude=["kind", "spent"], split=Split(folds=2))
    assert whole(find(table, declared).model, table) is None


@pytest.mark.parametrize(
    ("target", "candidate"),
    [("leaves", "linear"), ("kind", "linear"), ("spent", "linear_log"), ("leaves", "additive"), ("kind", "additive"),
     ("spent", "additive_log"), ("leaves", "decision_tree"), ("kind", "decision_tree"), ("spent", "decision_tree")],
)  # fmt: skip
def test_it_stands_in_the_report_in_both_languages(find, target: str, candidate: str) -> None:
    model, table = learned(find, target, candidate)
    told = json.loads(json.dumps(whole(model, table)))
    card = {"question": "class" if told["outputs"] else "number", "target": target}
    page = render(Story({"name": "n", "learn": {"target": target}}, evaluation={"whole": told}, card=card))
    assert "The model, whole" in page
    assert "完整的模型" in page
    assert "months" in page
    assert ("<svg" in page) == (told["form"] == "curves")
    assert page.count("<ul") == page.count("</ul>")
