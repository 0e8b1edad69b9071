"""Columns that change between collections: told, widened where nothing is lost, refused where something would be."""

import pyarrow as pa
import pytest

from mainspring.errors import SchemaChanged
from mainspring.steps.source.schema import compare, conform, unified

UTC = pa.timestamp("us", "UTC")
NAIVE = pa.timestamp("us")


@pytest.mark.parametrize(
    ("stored", "new", "kept"),
    [
        (pa.int32(), pa.int64(), pa.int64()),
        (pa.int64(), pa.int32(), pa.int64()),
        (pa.int64(), pa.float64(), pa.float64()),
        (pa.float64(), pa.int64(), pa.float64()),
        (pa.float32(), pa.int8(), pa.float64()),
        (pa.null(), pa.string(), pa.string()),
        (pa.string(), pa.null(), pa.string()),
        (pa.date32(), NAIVE, NAIVE),
        (NAIVE, pa.date32(), NAIVE),
        (pa.decimal128(20, 2), pa.decimal128(18, 4), pa.decimal128(22, 4)),
    ],
)
def test_a_type_is_widened_where_nothing_is_lost(stored: pa.DataType, new: pa.DataType, kept: pa.DataType) -> None:
    assert unified(pa.schema([("a", stored)]), pa.schema([("a", new)])) == pa.schema([("a", kept)])


@pytest.mark.parametrize(
    ("stored", "new"),
    [
        (pa.int64(), pa.string()),
        (pa.string(), pa.int64()),
        (pa.bool_(), pa.int64()),
        (NAIVE, UTC),
        (pa.date32(), UTC),
        (pa.binary(), pa.string()),
        (pa.decimal128(38, 0), pa.decimal128(38, 10)),
    ],
)
def test_a_change_that_would_lose_values_is_refused(stored: pa.DataType, new: pa.DataType) -> None:
    with pytest.raises(SchemaChanged, match=r"column 'a' was .* and is now") as caught:
        unified(pa.schema([("a", stored)]), pa.schema([("a", new)]))
    assert caught.value.remedy


def test_changes_are_told_in_sentences() -> None:
    stored = pa.schema([("a", pa.int64()), ("gone", pa.string()), ("n", pa.int32()), ("same", pa.float64())])
    new = pa.schema([("fresh", pa.string()), ("a", pa.string()), ("n", pa.float64()), ("same", pa.int64())])
    assert compare(stored, new).sentences() == [
        "new column 'fresh': earlier rows are empty there",
        "column 'gone' is missing: new rows are empty there",
        "column 'n' widened from int32 to double",
        "column 'a' was int64 and is now string",
    ]
    assert not compare(stored, stored)


def test_rows_are_brought_to_the_stored_columns() -> None:
    schema = pa.schema([("a", pa.float64()), ("b", pa.string())])
    batch = pa.record_batch({"a": pa.array([1, None], pa.int64())})
    assert conform(batch, schema).to_pylist() == [{"a": 1.0, "b": None}, {"a": None, "b": None}]
    assert conform(pa.table({"b": ["x"], "a": pa.nulls(1)}), schema).schema == schema


def test_rows_that_do_not_fit_are_refused() -> None:
    schema = pa.schema([("a", pa.float64())])
    with pytest.raises(SchemaChanged, match="columns that the table does not have: 'b'"):
        conform(pa.table({"a": [1.0], "b": [1]}), schema)
    with pytest.raises(SchemaChanged, match=r"column 'a' .* does not fit exactly"):
        conform(pa.table({"a": [2**53 + 1]}), schema)
