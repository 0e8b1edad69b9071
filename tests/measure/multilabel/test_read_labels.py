"""Labels are read from lists, JSON, lists as Python writes them, and texts with a separator; what is none is refused."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.measure.multilabel.labels import SEPARATORS, read_labels, separator_in, write_labels
from mainspring.measure.values.reading import Reading, reading_from, reading_to_plain

WORDS = st.text("abcdefghij中文字 ", min_size=1, max_size=12).map(lambda word: " ".join(word.split())).filter(bool)


@pytest.mark.parametrize(
    ("value", "separator", "labels"),
    [
        (["delivery", "billing"], "", ["billing", "delivery"]),
        ("billing|delivery", "|", ["billing", "delivery"]),
        (" billing | | delivery|billing ", "|", ["billing", "delivery"]),
        ("billing|delivery", "", ["billing|delivery"]),
        ('["b", "a"]', "|", ["a", "b"]),
        ("['it is', \"b's\"]", "", ["b's", "it is"]),
        ("物流；账单", "；", ["物流", "账单"]),
        ("", "|", []),
        ("[]", "", []),
        ([], "", []),
        ([1, 7], "", ["1", "7"]),
        (["a", None, " "], "", ["a"]),
        ("[urgent]|billing", "|", ["[urgent]", "billing"]),
        ("\ud800|a", "|", ["?", "a"]),
    ],
)  # fmt: skip
def test_labels_are_read(value: object, separator: str, labels: list[str]) -> None:
    assert read_labels(value, separator) == labels


@pytest.mark.parametrize(
    "value", [3, 2.5, True, {"a": 1}, [{"a": 1}], [["a"]], [2.5], ["a" * 201], '["a", ', "['a' 'b']", "[" * 9000]
)
def test_what_is_no_list_of_labels_is_none(value: object) -> None:
    assert read_labels(value) is None


@given(st.lists(WORDS, max_size=5))
def test_what_is_written_is_read_again(labels: list[str]) -> None:
    known = sorted(set(labels))
    written = write_labels(known)
    assert read_labels(written) == read_labels(written, "|") == known
    reading = Reading("labels", separator="|")
    assert reading.one()(reading.one()(labels)) == written


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=4), max_size=30), st.sampled_from(SEPARATORS))
def test_a_column_is_read_as_its_values_are(rows: list[list[str]], separator: str) -> None:
    reading = Reading("labels", marks=("?",), separator=separator)
    texts = [separator.join(row) for row in rows] + ["?", None]
    many = reading.many(pa.array(texts, pa.string())).to_pylist()
    assert many == [reading.one()(text) for text in texts]
    assert many[-2:] == [None, None]
    assert [json.loads(told) for told in many[:-2]] == [sorted(set(row)) for row in rows]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_separator_is_told_from_labels_in_other_company(separator: str) -> None:
    rows = [["late", "broken"], ["broken", "price"], ["late"], ["price", "late", "broken"]]
    assert separator_in(separator.join(row) for row in rows) == separator


@pytest.mark.parametrize(
    "texts",
    [
        [], [None, "", "  "], ["late", "broken"], ['["a","b"]', '["b"]'],
        ["food, drinks", "cars", "food, drinks"],  # a sign within a label: its parts stand nowhere else
        ["I/O", "network"],
    ],
)  # fmt: skip
def test_no_separator_is_told_where_there_is_none(texts: list[str]) -> None:
    assert separator_in(texts) == ""


def test_of_two_signs_the_one_that_parts_labels_is_taken() -> None:
    assert separator_in(["food, drinks|cars", "cars|boats", "boats|food, drinks", "boats"]) == "|"


def test_a_reading_without_separator_is_written_as_before_there_were_any() -> None:
    assert "separator" not in reading_to_plain(Reading("number"))
    kept = Reading("labels", separator=";")
    assert reading_from(reading_to_plain(kept)) == kept
    assert reading_from(reading_to_plain(Reading("text"))) == Reading("text")
