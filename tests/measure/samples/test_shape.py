"""The shape of a column counts every row once, and says the same of the table it was made of."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.measure.samples.shape import (
    MISSING,
    LevelShape,
    grouped,
    shape_from_plain,
    shape_of,
    shape_to_plain,
    tally,
)

NUMBERS = st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=False, width=32), max_size=300)
WORDS = st.lists(st.none() | st.text(max_size=3), max_size=300)


@given(NUMBERS, NUMBERS)
def test_every_number_is_counted_once(before: list, now: list) -> None:
    shape = shape_of(pa.array(before, pa.float64()))
    counted = tally(shape, pa.array(now, pa.float64()))
    assert counted.rows == len(now)
    assert counted.missing == sum(x is None or x != x for x in now)
    assert shape_from_plain(shape_to_plain(shape)) == shape
    assert tally(shape, pa.array(before, pa.float64())).counts.tolist() == list(shape.counts)


@given(WORDS, WORDS)
def test_every_category_is_counted_once(before: list, now: list) -> None:
    shape = shape_of(pa.array(before, pa.string()))
    counted = tally(shape, pa.array(now, pa.string()))
    assert counted.rows == len(now)
    assert counted.outside == sum(x is not None and x not in before for x in now)
    assert shape_from_plain(shape_to_plain(shape)) == shape
    assert tally(shape, pa.array(before, pa.string())).outside == 0


def test_what_is_beyond_all_that_was_seen_is_outside() -> None:
    shape = shape_of(pa.array([1.0, 5.0, 3.0]))
    assert shape.outside(pa.array([0.9, 1.0, 5.0, 5.1, None])).tolist() == [True, False, False, True, False]


def test_of_too_many_categories_none_can_be_told_to_be_new() -> None:
    shape = shape_of(pa.array([str(n) for n in range(1000)]))
    assert isinstance(shape, LevelShape)
    assert not shape.whole
    assert tally(shape, pa.array(["never seen"]))[1:] == (0, 0)
    assert sum(shape.counts) == 1000


@pytest.mark.parametrize("values", [
    pa.array([True, False, None]), pa.array([datetime(2026, 1, 1), None], pa.timestamp("us")), pa.array([1, 2], pa.int64()),
    pa.array([], pa.float64()), pa.array([None, None], pa.string()), pa.nulls(3), pa.chunked_array([["a"], ["b"]]),
])  # fmt: skip
def test_any_column_has_a_shape(values: pa.Array) -> None:
    assert tally(shape_of(values), values).rows == len(values)


def test_groups_hold_about_a_tenth_each() -> None:
    shape = shape_of(pa.array(np.random.default_rng(1).normal(size=10_000)))
    counts = grouped(np.asarray(shape.counts), shape.groups)
    assert len(counts) == 10
    assert counts.min() > 700
    assert (shape.codes(pa.array([None], pa.float64())) == MISSING).all()
