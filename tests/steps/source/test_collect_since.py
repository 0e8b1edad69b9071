"""Collect again, and get only what is new."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.automation.source import Source
from mainspring.errors import UnknownColumn
from mainspring.steps.source.collect import collect
from mainspring.steps.source.cursor import beyond, highest
from mainspring.steps.source.reader import Surroundings


@pytest.mark.parametrize(
    ("values", "cursor", "fresh"),
    [
        ([1, 3, None, 2], 3, [4]),
        ([1.5, float("nan"), 3.25], 3.25, [3.5]),
        ([Decimal("1.5"), Decimal("20")], 20, [Decimal("20.5")]),
        (["9", "10", "N/A", "007"], 10, ["11"]),
        (["1.5", "2.5"], 2.5, ["2.75"]),
        ([date(2024, 1, 2), date(2024, 1, 1)], "2024-01-02", [date(2024, 1, 3)]),
        ([datetime(2024, 1, 2, 3, tzinfo=UTC)], "2024-01-02T03:00:00+00:00", [datetime(2024, 1, 2, 4, tzinfo=UTC)]),
        (["2024-01-02 03:00", "2024-01-02T11:30:00+09:00"], "2024-01-02 03:00", ["2024-01-02T03:00:01Z"]),
        (["b", "a", None], "b", ["c"]),
    ],
)
def test_the_highest_value_is_where_the_next_collection_starts(values: list, cursor: object, fresh: list) -> None:
    old = pa.record_batch({"v": values})
    assert highest(old, "v") == cursor
    assert json.loads(json.dumps(highest(old, "v"))) == cursor
    assert beyond(old, "v", cursor).num_rows == 0
    new = pa.record_batch({"v": fresh})
    assert beyond(new, "v", cursor).num_rows == 1
    assert highest(old, "v", highest(new, "v")) == highest(new, "v", cursor)


def test_nothing_new_keeps_the_cursor() -> None:
    empty = pa.table({"v": pa.array([], pa.int64())})
    assert highest(empty, "v") is None
    assert highest(empty, "v", 5) == 5
    assert highest(pa.table({"v": ["N/A", "1e999999", "inf"]}), "v", 5) == 5


def test_a_wrong_column_is_named() -> None:
    for use in (lambda t: highest(t, "updated"), lambda t: beyond(t, "updated", 1)):
        with pytest.raises(UnknownColumn, match="did you mean 'updated_at'"):
            use(pa.record_batch({"updated_at": [1]}))


@given(st.lists(st.integers(0, 50), min_size=1), st.lists(st.integers(0, 50), min_size=1), st.booleans())
def test_two_collections_find_every_row_once(first: list[int], later: list[int], as_text: bool) -> None:
    every = [str(v) if as_text else v for v in [*first, *(max(first) + 1 + v for v in later)]]
    cursor = highest(pa.table({"v": every[: len(first)]}), "v")
    assert beyond(pa.record_batch({"v": every}), "v", cursor).column("v").to_pylist() == every[len(first) :]


def test_a_grown_file_gives_only_its_new_rows(tmp_path: Path) -> None:
    source = Source(table="orders.csv", since="at")
    (tmp_path / "orders.csv").write_text("id,at\n1,2024-01-01\n2,2024-01-02\n")
    first = pa.Table.from_batches(collect(source, Surroundings(tmp_path)))
    cursor = highest(first, "at")
    with (tmp_path / "orders.csv").open("a") as file:
        file.write("3,2024-01-03\n4,\n")
    again = pa.Table.from_batches(collect(source, Surroundings(tmp_path, cursor=cursor)))
    assert (first.num_rows, again.to_pylist()) == (2, [{"id": "3", "at": "2024-01-03"}])
    assert (
        pa.Table.from_batches(collect(source, Surroundings(tmp_path, cursor=highest(again, "at", cursor)))).num_rows
        == 0
    )
