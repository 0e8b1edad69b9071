"""Tags mean spans in whichever scheme they are written, and whatever no scheme allows is read as conlleval reads it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.measure.spans.agreement import of_wholes, of_words
from mainspring.measure.spans.span import Span, read_spans, without_overlap, write_spans
from mainspring.measure.spans.tags import Chunk, chunks, tagged

LABELS = ("PER", "LOC", "X-Y")


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("B-PER I-PER O B-LOC", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("I-PER I-PER O I-LOC", [(0, 2, "PER"), (3, 4, "LOC")]),  # IOB1
        ("I-LOC B-LOC I-LOC", [(0, 1, "LOC"), (1, 3, "LOC")]),  # IOB1: B- only where two meet
        ("B-PER E-PER S-LOC O", [(0, 2, "PER"), (2, 3, "LOC")]),  # BIOES
        ("B-PER M-PER E-PER S-PER", [(0, 3, "PER"), (3, 4, "PER")]),  # BMES
        ("B-PER L-PER U-LOC", [(0, 2, "PER"), (2, 3, "LOC")]),  # BILOU
        ("PER-B PER-I O", [(0, 2, "PER")]),  # the mark behind
        ("PER PER LOC O", [(0, 2, "PER"), (2, 3, "LOC")]),  # no mark
        ("O I-PER I-LOC", [(1, 2, "PER"), (2, 3, "LOC")]),  # a label that changes begins
        ("E-PER I-PER", [(0, 1, "PER"), (1, 2, "PER")]),  # behind an end something begins
        ("B-PER", [(0, 1, "PER")]),
        ("O O", []),
    ],
)  # fmt: skip
def test_tags_mean_spans(tags: str, found: list[tuple[int, int, str]]) -> None:
    assert chunks(tags.split()) == found


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from(LABELS)), max_size=6))
def test_what_is_tagged_is_read_again(parts: list[tuple[int, int, str]]) -> None:
    made, at = [], 0
    for gap, length, label in parts:
        made.append(Chunk(at + gap, at + gap + length, label))
        at += gap + length
    assert chunks(tagged(made, at + 1)) == made


@given(
    st.lists(st.sampled_from(["O", "B-A", "I-A", "E-A", "S-A", "I-B", "B-B", "x", "", "-", "B-", "🙂"]), max_size=12)
)
def test_any_sequence_is_read(tags: list[str]) -> None:
    found = chunks(tags)
    assert all(0 <= first < end <= len(tags) for first, end, _ in found)
    assert all(a.end <= b.first for a, b in pairwise(found))


@pytest.mark.parametrize(
    "written",
    [
        '[[0,5,"PER"]]', '[{"start":0,"end":5,"label":"PER"}]', '[{"start":0,"end":5,"type":"PER","text":"Obama"}]',
        [[0, 5, "PER"]], [{"start": 0, "end": 5, "entity": " PER "}],
    ],
)  # fmt: skip
def test_spans_are_read_in_their_usual_forms(written: object) -> None:
    assert read_spans(written) == [Span(0, 5, "PER")]
    assert write_spans(read_spans(written) or []) == '[[0,5,"PER"]]'


@pytest.mark.parametrize(
    "wrong",
    ["nothing", "[[0,5]]", '[[5,0,"PER"]]', '[[-1,2,"PER"]]', '[[0,1,""]]', '[[0.5,1,"A"]]', '[[true,2,"A"]]', "{", "[" * 9999, 5,
     {"a": 1}],
)  # fmt: skip
def test_what_is_no_list_of_spans_is_not_read(wrong: object) -> None:
    assert read_spans(wrong) is None


def test_of_spans_that_overlap_the_longest_stays() -> None:
    spans = [Span(0, 3, "A"), Span(2, 9, "B"), Span(9, 10, "C")]
    assert without_overlap(spans) == [Span(2, 9, "B"), Span(9, 10, "C")]


def test_wholes_are_counted_as_conlleval_counts_them() -> None:
    # The worked example of its own documentation: both ends and the label must be right.
    true = [chunks(["B-PER", "I-PER", "O", "B-LOC", "O"]), chunks(["B-ORG", "O", "B-MISC"])]
    found = [chunks(["B-PER", "I-PER", "O", "B-ORG", "O"]), chunks(["B-ORG", "I-ORG", "B-MISC"])]
    rates = of_wholes(true, found)
    assert (rates[""].right, rates[""].found, rates[""].support) == (2, 4, 4)
    assert rates["PER"].f1 == 1.0
    assert rates["ORG"].precision == 0.0
    assert rates["MISC"].f1 == 1.0


def test_words_are_counted_one_by_one() -> None:
    rates = of_words([["B-PER", "I-PER", "O", "O"]], [["B-PER", "O", "O", "B-PER"]])
    assert rates["B-PER"].precision == 0.5
    assert rates["I-PER"].recall == 0.0
    assert rates[""].f1 == 0.5
    assert list(rates) == ["B-PER", "I-PER", "O", ""]
