"""Sketches of parts, added up in any order and kept in between, know of the whole what one sketch of it knows."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.measure.samples.shape import shape_of, tally
from mainspring.measure.sketches.column import ColumnSketch

RANK, KINDS = 0.02, 0.1
"""What KLL and HyperLogLog may be off, with room to spare."""


def sketched(*parts: pa.Array) -> ColumnSketch:
    """Of the parts, each sketched for itself, written down and read again."""
    whole = ColumnSketch()
    for part in parts:
        one = ColumnSketch()
        one.add(part)
        whole.merge(ColumnSketch.from_plain(one.to_plain()))
    return whole


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.floats(allow_infinity=False), st.integers(0, 3).map(float)), max_size=60),
        max_size=6,
    )
)
def test_few_numbers_are_known_exactly(parts: list[list[float | None]]) -> None:
    arrays = [pa.array(part, pa.float64()) for part in parts]
    whole, everything = sketched(*arrays), pa.concat_arrays([*arrays, pa.array([], pa.float64())])
    present = [v for v in everything.to_pylist() if v is not None and v == v]
    assert (whole.rows, whole.missing) == (len(everything), len(everything) - len(present))
    assert round(whole.distinct) == len(set(present))
    if present:
        quantiles = whole.quantiles()
        assert (quantiles[0], quantiles[-1]) == (min(present), max(present))
        exact = tally(shape_of(pa.array(present)), everything)
        told = whole.tally(shape_of(pa.array(present)))
        assert (told.counts.tolist(), told.missing, told.outside) == (exact.counts.tolist(), exact.missing, 0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "ä", "", "😀" * 300])), max_size=60), max_size=6)
)
def test_few_words_are_counted_exactly(parts: list[list[str | None]]) -> None:
    arrays = [pa.array(part, pa.string()) for part in parts]
    whole = sketched(*arrays)
    present = [word[:200] for part in parts for word in part if word is not None]
    assert dict(whole.frequent()) == {word: present.count(word) for word in present}
    assert whole.missing == sum(word is None for part in parts for word in part)


def test_many_numbers_are_counted_about_right_in_the_bins_of_a_reference() -> None:
    rng = np.random.default_rng(3)
    before, now = pa.array(rng.normal(size=4_000)), rng.normal(0.3, 1.2, size=60_000)
    shape = shape_of(before)
    told, exact = (
        sketched(*(pa.array(part) for part in np.array_split(now, 23))).tally(shape),
        tally(shape, pa.array(now)),
    )
    assert np.abs(np.cumsum(told.counts) - np.cumsum(exact.counts)).max() <= RANK * len(now)
    assert told.rows == exact.rows
    assert abs(told.outside - exact.outside) <= RANK * len(now)


def test_the_commonest_of_many_words_are_known_and_kinds_are_about_right() -> None:
    rng = np.random.default_rng(4)
    words = [f"w{n}" for n in rng.zipf(1.5, size=40_000)]
    whole = sketched(*(pa.array(part.tolist()) for part in np.array_split(np.array(words, object), 17)))
    top = [word for word, _ in whole.frequent()[:5]]
    assert top == sorted(set(words), key=lambda w: -words.count(w) if w in top else 0)[:5]
    assert whole.distinct == pytest.approx(len(set(words)), rel=KINDS)
    assert len(str(whole.to_plain())) < 40_000


def test_of_ids_no_word_is_kept() -> None:
    one = ColumnSketch()
    one.add_kinds(pa.array(["6222-0212", "6222-0213", None]))
    assert (one.rows, one.missing, round(one.distinct), one.frequent()) == (3, 1, 2, [])
    assert "6222" not in str(one.to_plain())
