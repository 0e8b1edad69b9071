"""Batch and single-record preparation agree on every row, bit for bit, whatever stands in the table."""

import math
import pickle
import struct
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainspring.automation.prepare import Prepare
from mainspring.errors import QualityError
from mainspring.model import Question
from mainspring.steps.prepare.clean import CleaningPlan, plan
from mainspring.steps.prepare.preparer import TablePreparer

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

NASTY_WORDS = st.sampled_from(
    [
        "",
        " ",
        "?",
        "N/A",
        "na",
        "null",
        "-",
        "--",
        "none",
        "NaN",
        "inf",
        "-Infinity",
        "1e999",
        "-999",
        "9999",
        "1,234.5",
        "1.234,5",
        "3,5",
        "12%",
        "$5",
        "￥1,200",
        "１２３",
        "(7)",
        "007",
        "1_000",
        "0x10",
        "+5.",
        ".5",
        "-0",
        " 7 ",
        "7.0",
        "true",
        "FALSE",
        "yes",
        "是",
        "2024-01-05",
        "2024/1/5",
        "2024年1月5日",
        "5.1.2024",
        "13/12/2024 3:04 PM",
        "0001-01-01",
        "9999-12-31",
        "20240105",
        "2024-01-05T02:00:00+02:00",
        "2024-02-30",
        "很好",
        "a b c d",
        "x" * 70,
        "\u3000",
        "\x00",
        "é",
    ]
)
TEXTS = NASTY_WORDS | st.text(max_size=12)
FLOATS = st.floats(width=64) | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1e300, -999.0, 9999.0, 5e-324])
COLUMNS = {
    pa.string(): TEXTS,
    pa.large_string(): TEXTS,
    pa.float64(): FLOATS,
    pa.float32(): st.floats(width=32),
    pa.int64(): st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-1, 0, 1, 99, 999, 20240105]),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.bool_(): st.booleans(),
    pa.decimal128(20, 4): st.decimals(-(10**12), 10**12, places=4),
    pa.date32(): st.dates(),
    pa.timestamp("us"): st.datetimes(),
    pa.timestamp("us", "Asia/Shanghai"): st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1)).map(
        lambda moment: moment.replace(tzinfo=UTC)
    ),
    pa.timestamp("s"): st.datetimes().map(lambda moment: moment.replace(microsecond=0)),
    pa.duration("us"): st.timedeltas(timedelta(-(10**6)), timedelta(10**6)),
    pa.time64("us"): st.times(),
    pa.list_(pa.int64()): st.lists(st.integers(0, 5), max_size=3),
    pa.struct([("a", pa.string())]): st.fixed_dictionaries({"a": st.text(max_size=3)}),
    pa.binary(): st.binary(max_size=5),
    pa.null(): st.none(),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 30))
    kinds = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=6))
    arrays = {
        f"column {at}": pa.array(draw(st.lists(st.none() | COLUMNS[kind], min_size=rows, max_size=rows)), kind)
        for at, kind in enumerate(kinds)
    }
    return pa.table({**arrays, "y": [draw(st.sampled_from(["no", "yes"])) for _ in range(rows)]})


def bits(row: dict) -> dict:
    return {name: struct.pack("d", value) if isinstance(value, float) else value for name, value in row.items()}


def cleaned(table: pa.Table, prepare: Prepare | None = None) -> tuple[CleaningPlan, pa.Table]:
    how = plan(table, prepare or Prepare(), target="y", key=None)
    return how, how.apply(table)


@RELAXED
@given(tables(), tables())
def test_cleaning_agrees_on_every_row(seen: pa.Table, later: pa.Table) -> None:
    how, clean = cleaned(seen)
    assert [how.apply_one(row) for row in seen.to_pylist()] == clean.to_pylist()
    assert [how.apply_one(row) for row in later.to_pylist()] == how.apply(later).to_pylist()


@RELAXED
@given(tables())
def test_cleaning_twice_is_cleaning_once(table: pa.Table) -> None:
    how, clean = cleaned(table)
    assert how.apply(clean).equals(clean)
    assert all(how.apply_one(row) == row for row in clean.to_pylist())


@RELAXED
@given(tables())
def test_a_plan_comes_back_from_json(table: pa.Table) -> None:
    how, clean = cleaned(table)
    again = CleaningPlan.from_json(how.to_json())
    assert again == how
    assert again.apply(table).equals(clean)


@RELAXED
@given(tables(), st.data())
def test_declared_types_are_kept_whatever_stands_there(table: pa.Table, data: st.DataObject) -> None:
    kinds = st.sampled_from(["number", "category", "date", "text", "boolean", "ignore"])
    declared = {name: data.draw(kinds) for name in table.column_names if name != "y"}
    how, clean = cleaned(table, Prepare(types=declared, missing=["-1", "x"]))
    assert [how.apply_one(row) for row in table.to_pylist()] == clean.to_pylist()


@RELAXED
@given(tables(), tables(), st.sampled_from(list(Question)))
def test_features_agree_bit_for_bit(seen: pa.Table, later: pa.Table, question: Question) -> None:
    how, _ = cleaned(seen)
    preparer = TablePreparer(how, target="y", question=question, classes=("no", "yes"), positive="yes")
    try:
        fitted = preparer.fit(seen)
    except QualityError:
        return
    assert fitted.train.schema.equals(fitted.transform.output, check_metadata=True)
    for table in (seen, later):
        features = fitted.transform.apply(table)
        assert len(features) == len(table)
        assert [bits(fitted.transform.apply_one(row)) for row in table.to_pylist()] == list(
            map(bits, features.to_pylist())
        )


@RELAXED
@given(tables())
def test_a_saved_transform_is_the_same(tmp_path_factory: pytest.TempPathFactory, table: pa.Table) -> None:
    how, _ = cleaned(table)
    try:
        transform = TablePreparer(how, target="y", classes=("no", "yes")).fit(table).transform
    except QualityError:
        return
    folder: Path = tmp_path_factory.mktemp("saved")
    transform.save(folder)
    expected = list(map(bits, transform.apply(table).to_pylist()))
    for again in (type(transform).open(folder, {}), pickle.loads(pickle.dumps(transform))):
        assert again.output.equals(transform.output, check_metadata=True)
        assert again.input.equals(transform.input)
        assert list(map(bits, again.apply(table).to_pylist())) == expected


@pytest.mark.parametrize("count", [70, 500])
def test_many_different_numerals_are_read_as_one_by_one(count: int) -> None:
    words = [f"{at * 0.37 - 9:.{at % 7}f}" for at in range(count)] + [
        "+5.",
        ".5",
        "-0",
        "1e5",
        " 8 ",
        "?",
        "12 monkeys",
    ]
    table = pa.table({"x": words, "y": ["a"] * len(words)})
    how, clean = cleaned(table)
    assert how.reading("x").kind == "number"
    assert list(map(bits, clean.to_pylist())) == [bits(how.apply_one(row)) for row in table.to_pylist()]


def test_the_same_value_in_another_type_is_the_same() -> None:
    table = pa.table(
        {
            "age": ["1", "2", "3", None],
            "code": ["7", "8", "x", "7"],
            "on": ["2024-01-05", "2024-02-06", "", "2024-03-07"],
            "y": ["n", "y", "n", "y"],
        }
    )
    transform = (
        TablePreparer(plan(table, Prepare(), target="y", key=None), target="y", classes=("n", "y")).fit(table).transform
    )
    as_text = transform.apply_one({"age": "3", "code": "7", "on": "2024-01-05"})
    for age in (3, 3.0, Decimal(3), " 3 ", "3.0"):
        for code in (7, 7.0, " 7"):
            for on in (
                date(2024, 1, 5),
                datetime(2024, 1, 5),
                datetime(2024, 1, 5, 8, tzinfo=timezone(timedelta(hours=8))),
            ):
                assert transform.apply_one({"on": on, "code": code, "extra": [1], "age": age}) == as_text


def test_lacking_and_further_columns_and_another_order_are_fine() -> None:
    table = pa.table({"a": [1.0, 2, 3], "b": ["u", "v", "u"], "y": ["n", "y", "n"]})
    transform = (
        TablePreparer(plan(table, Prepare(), target="y", key=None), target="y", classes=("n", "y")).fit(table).transform
    )
    later = pa.table({"new": [1], "b": ["v"]})
    assert bits(transform.apply(later).to_pylist()[0]) == bits(
        {"a": math.nan, "b": transform.apply_one({"b": "v"})["b"]}
    )
    assert transform.apply(table.slice(0, 0)).num_rows == 0
    assert transform.apply_one({"b": "never seen"})["b"] == -1
    assert bits(transform.apply_one({})) == bits({"a": math.nan, "b": -1})


def test_a_time_of_day_counts_in_seconds() -> None:
    table = pa.table({"at": pa.array([time(1), time(2, 30), None], pa.time64("us")), "y": ["n", "y", "n"]})
    assert plan(table, Prepare(), target="y", key=None).apply(table)["at"].to_pylist() == [3600.0, 9000.0, None]
