"""Odd records at decision time: what can be read is decided, what cannot is named, and nobody else suffers."""

from collections.abc import Iterator

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from company import customers, write_csv

from mainspring import Workspace
from mainspring.errors import BadRecord, NotFound

GAINS = (
    "decide: {gains: {true_positive: 100, false_positive: -10, false_negative: -50}}\nact: {call: {table: calls.made}}"
)
GOOD = {"customer": "N1", "tenure": 3, "contract": "month", "charges": 99.5}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("odd")
    write_csv(folder / "customers.csv", customers())
    path = folder / "churn.yaml"
    path.write_text(
        "name: churn\nsource: {table: customers.csv, key: customer}\nprepare: {expect: {tenure: {min: 0, max: 100}}}\n"
        f"learn: {{target: churn, candidates: [linear], limits: {{time: 40s}}, split: {{folds: 2}}}}\n{GAINS}\n",
        encoding="utf-8",
    )
    with Workspace(folder / "space") as workspace:
        workspace.run(path)
        yield workspace


def test_unseen_categories_missing_and_extra_fields(space: Workspace) -> None:
    records = [
        GOOD,
        {**GOOD, "contract": "lifetime"},
        {"customer": "N2"},
        {**GOOD, "phone": "555", "nested_thing": "x"},
    ]
    decided = space.decide("churn", records)
    assert decided.num_rows == 4
    assert None not in decided.column("decision").to_pylist()
    assert "phone" not in space.explain("churn", decided["decision"][3].as_py())["record"]


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), "soon", [1, 2], {"a": 1}, "9" * 4_000_000]
)
def test_a_value_that_cannot_be_read_is_named(space: Workspace, value: object) -> None:
    with pytest.raises(BadRecord) as refused:
        space.decide("churn", {**GOOD, "tenure": value})
    assert set(refused.value.fields) == {"tenure"}
    assert len(str(refused.value)) < 1_000


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e308, 10**20])
def test_a_huge_number_breaks_the_expectation_or_is_named(space: Workspace, value: object) -> None:
    with pytest.raises(BadRecord) as refused:
        space.decide("churn", {**GOOD, "tenure": value})
    assert set(refused.value.fields) == {"tenure"}


def test_a_bad_record_spoils_no_other(space: Workspace) -> None:
    decided = space.decide(
        "churn", [GOOD, {**GOOD, "tenure": "soon"}, {**GOOD, "tenure": 500}, {**GOOD, "customer": "N9"}]
    )
    problems = decided.column("problem").to_pylist()
    assert problems[0] is None
    assert problems[3] is None
    assert "tenure" in problems[1]
    assert "at most 100" in problems[2]
    assert decided.column("decision").to_pylist()[1] is None


def test_predict_takes_any_kind_of_rows_and_answers_alike(space: Workspace) -> None:
    rows = [{**GOOD, "customer": f"N{i}", "tenure": i} for i in range(5)]
    from_dicts = space.predict("churn", rows)
    assert from_dicts.column_names == ["prediction", "probability_No", "probability_Yes"]
    for other in (pd.DataFrame(rows), pl.DataFrame(rows), pa.Table.from_pylist(rows)):
        assert space.predict("churn", other).equals(from_dicts)
    alone, among = space.predict("churn", rows[2]).to_pylist()[0], from_dicts.to_pylist()[2]
    assert alone.pop("prediction") == among.pop("prediction")
    assert alone == pytest.approx(among, abs=1e-12)


def test_no_rows_get_no_answers(space: Workspace) -> None:
    empty = pa.table({"tenure": pa.array([], pa.int64()), "contract": pa.array([], pa.string())})
    assert space.predict("churn", empty).num_rows == 0
    assert space.decide("churn", []).num_rows == 0


def test_an_unknown_automation_is_guessed(space: Workspace) -> None:
    with pytest.raises(NotFound, match="did you mean 'churn'"):
        space.decide("churm", GOOD)


def test_the_same_record_is_the_same_decision(space: Workspace) -> None:
    first, again, later = (
        space.decide("churn", {**GOOD, "customer": "S1"}, occasion=o)["decision"][0].as_py()
        for o in ("", "", "2026-12")
    )
    assert first == again
    assert later != first


def test_a_call_reaches_its_table_once(space: Workspace) -> None:
    decided = space.decide("churn", {**GOOD, "customer": "T1", "tenure": 0})
    assert decided["action"].to_pylist() == ["call"]
    space.actions.deliver()
    space.actions.deliver()
    rows = space.lake.sql("select * from calls.made").to_pylist()
    assert [row["id"] for row in rows].count(decided["decision"][0].as_py()) == 1
