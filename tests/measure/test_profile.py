"""A profile says what a table looks like, and which columns give the target away."""

import json

import numpy as np
import pyarrow as pa
import pytest

from mainspring.errors import UnknownColumn
from mainspring.measure.profile import Profile, profile
from mainspring.model import Question

RNG = np.random.default_rng(7)
ROWS = 400
CHURN = RNG.integers(0, 2, ROWS)


@pytest.fixture(scope="module")
def telling() -> Profile:
    answers = np.where(CHURN, "yes", "no")
    table = pa.table(
        {
            "customer_id": [f"C{at:06}" for at in range(ROWS)],
            "age": [str(value) if value > 20 else "?" for value in RNG.integers(18, 80, ROWS)],
            "city": RNG.choice(["Köln", "Xi'an", "Bonn"], ROWS),
            "street": [f"street {value}" for value in RNG.integers(0, 120, ROWS)],
            "since": [f"20{at % 20:02}-01-{at % 28 + 1:02}" for at in range(ROWS)],
            "member": RNG.choice(["true", "false"], ROWS),
            "note": [f"called {at} times about the bill number {at}" for at in range(ROWS)],
            "country": ["DE"] * ROWS,
            "blank": [""] * ROWS,
            "left on": [None if answer == "no" else "2024-05-01" for answer in answers],
            "score": CHURN * 2.0 + RNG.normal(0, 0.01, ROWS),
            "churn": answers,
        }
    )
    return profile(pa.concat_tables([table, table.slice(0, 5)]), "churn", "customer_id")


def test_every_kind_of_column_is_told(telling: Profile) -> None:
    kinds = {column.name: column.kind for column in telling.columns}
    assert kinds == {
        "customer_id": "id", "age": "number", "city": "category", "street": "category", "since": "date", "member": "boolean",
        "note": "text", "country": "constant", "blank": "empty", "left on": "date", "score": "number", "churn": "category",
    } | {"customer_id": kinds["customer_id"]}  # fmt: skip
    assert telling.count("number", "date") == 4


def test_rows_duplicates_and_marks_are_counted(telling: Profile) -> None:
    columns = {column.name: column for column in telling.columns}
    assert (telling.rows, telling.duplicates) == (ROWS + 5, 5)
    assert columns["age"].marks[0][0] == "?"
    assert columns["age"].missing == pytest.approx(columns["age"].marks[0][1] / (ROWS + 5))
    assert columns["street"].high_cardinality
    assert not columns["city"].high_cardinality
    assert sum(count for _, count in columns["city"].top) == ROWS + 5


def test_texts_have_their_length(telling: Profile) -> None:
    lengths = {column.name: column.length for column in telling.columns}
    expected = np.mean([len(f"called {at} times about the bill number {at}") for at in range(ROWS)])
    assert lengths.pop("note") == pytest.approx(expected, rel=0.02)
    assert set(lengths.values()) == {None}


def test_numbers_have_their_spread_and_bars(telling: Profile) -> None:
    age = next(column for column in telling.columns if column.name == "age")
    assert age.spread is not None
    assert age.histogram is not None
    assert age.spread.min >= 21
    assert age.spread.quantiles == tuple(sorted(age.spread.quantiles))
    assert sum(age.histogram.counts) == round((1 - age.missing) * (ROWS + 5))
    assert len(age.histogram.edges) == len(age.histogram.counts) + 1


def test_the_target_is_described(telling: Profile) -> None:
    assert telling.target is not None
    assert telling.target.question == Question.CLASS
    assert [label for label, _ in telling.target.classes] == ["no", "yes"]
    assert telling.target.imbalance == pytest.approx(min(count for _, count in telling.target.classes) / (ROWS + 5))


def test_columns_that_give_the_target_away_are_suspects(telling: Profile) -> None:
    assert {suspect.column for suspect in telling.suspects} == {"left on", "score"}
    assert all(suspect.score is not None and suspect.score >= 0.99 for suspect in telling.suspects)


def test_numbers_and_many_classes_are_given_away_too() -> None:
    price = RNG.normal(100, 20, ROWS)
    table = pa.table({"net": price / 1.19, "noise": RNG.normal(size=ROWS), "price": price})
    assert [suspect.column for suspect in profile(table, "price").suspects] == ["net"]
    kinds = RNG.integers(0, 5, ROWS)
    table = pa.table({"code": [f"k{kind}" for kind in kinds], "noise": RNG.integers(0, 5, ROWS), "kind": kinds})
    found = profile(table, "kind")
    assert [suspect.column for suspect in found.suspects] == ["code"]
    assert found.target is not None
    assert [label for label, _ in found.target.classes] == [0, 1, 2, 3, 4]


def test_a_number_as_target_has_its_skew() -> None:
    found = profile(pa.table({"price": np.exp(RNG.normal(size=ROWS))}), "price").target
    assert found is not None
    assert found.question == Question.NUMBER
    assert found.skew is not None
    assert found.skew > 1


@pytest.mark.parametrize(
    "table",
    [
        pa.table({}),
        pa.table({"y": pa.array([], pa.int64())}),
        pa.table({"y": [1]}),
        pa.table({"y": [None, None]}),
        pa.table({"y": [1.0, float("nan"), float("inf"), 1e308, -1e308]}),
        pa.table({"y": [[1], [1, 2]]}),
        pa.table({"y": ["a"], "x": [{"b": 1}]}),
    ],
)
def test_odd_tables_have_a_profile(table: pa.Table) -> None:
    found = profile(table, "y" if "y" in table.column_names else None)
    assert found.rows == len(table)
    json.dumps(found.to_dict(), allow_nan=False)


def test_an_unknown_target_is_named() -> None:
    with pytest.raises(UnknownColumn, match="churn"):
        profile(pa.table({"churn": [1]}), "chrn")


def test_of_a_long_table_only_a_part_is_looked_at() -> None:
    table = pa.table({"x": np.arange(300_000) % 1000, "y": np.arange(300_000) % 2})
    found = profile(table, "y")
    assert (found.rows, found.looked_at) == (300_000, 200_000)
    assert found.columns[0].distinct == 1000
