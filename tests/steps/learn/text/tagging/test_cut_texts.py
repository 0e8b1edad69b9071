"""Texts are cut into units, pieces and windows, and what is found in them goes back to characters."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from mainspring.measure.spans.span import Span
from mainspring.steps.learn.text.encoder.places import ENGLISH, MULTILINGUAL, folder_of
from mainspring.steps.learn.text.tagging.pieces import Piece, Pieces, windows
from mainspring.steps.learn.text.tagging.units import chunks_of, spans_of, units_of
from mainspring.steps.learn.text.tagging.words.looks import LOOKS, look_of


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return Pieces(Tokenizer.from_file(str(folder_of(ENGLISH) / "tokenizer.json")))


def words(text: str) -> list[str]:
    return [text[unit.start : unit.end] for unit in units_of(text)]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Obama visited Paris.", ["Obama", "visited", "Paris", "."]),
        ('He said: "Go, now!" (twice)', ["He", "said", ":", '"', "Go", ",", "now", "!", '"', "(", "twice", ")"]),
        ("the U.S. economy", ["the", "U.S.", "economy"]),
        ("in the U.S.", ["in", "the", "U.S."]),
        ("EU 's 1,200.50 %", ["EU", "'s", "1,200.50", "%"]),
        ("中国GDP增长5.2%。", ["中", "国", "GDP", "增", "长", "5.2%", "。"]),
        ("号“子”。《书3d》(Los)，bet365、", ["号", "“", "子", "”", "。", "《", "书", "3d", "》", "(", "Los", ")", "，", "bet365", "、"]),
        ("Sky(李)星", ["Sky", "(", "李", ")", "星"]), ("the boys' toys", ["the", "boys'", "toys"]),
        ("It’s “so” good…", ["It’s", "“", "so", "”", "good", "…"]), ("Ｌｉｍａ１２，", ["Ｌｉｍａ１２", "，"]),
        ("", []), (" \n\t ", []), ("😀🎉 ok", ["😀🎉", "ok"]), ("a" * 130, ["a" * 60, "a" * 60, "a" * 10]),
    ],
)  # fmt: skip
def test_words_are_parted_from_the_signs_around_them(text: str, cut: list[str]) -> None:
    assert words(text) == cut


@given(st.text(max_size=80))
def test_units_are_in_order_and_leave_out_blanks_only(text: str) -> None:
    units = units_of(text)
    assert all(a.end <= b.start for a, b in pairwise(units))
    assert "".join(text[u.start : u.end] for u in units) == "".join(text.split())


def test_lines_end_where_they_are_written_so() -> None:
    assert [unit.ends for unit in units_of("one two\nthree\n\nfour")] == [False, True, True, False]


def test_spans_go_to_units_and_back() -> None:
    text = "Angela Merkel met Barack Obama in Berlin."
    units = units_of(text)
    spans = [Span(0, 13, "PER"), Span(18, 30, "PER"), Span(34, 40, "LOC")]
    assert spans_of(chunks_of(spans, units), units) == spans


def test_a_span_that_ends_inside_a_unit_takes_all_of_it_and_one_of_blanks_is_none() -> None:
    units = units_of("pre-Obama  era")
    assert spans_of(chunks_of([Span(4, 9, "PER"), Span(9, 11, "X")], units), units) == [Span(0, 9, "PER")]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_every_unit_has_pieces(pieces: Pieces, text: str) -> None:
    units, cut = pieces.of(text)
    assert len(units) == len(cut)
    assert all(len(piece.ids) == len(piece.looks) > 0 for piece in cut)
    assert all(0 <= look < LOOKS for piece in cut for look in piece.looks)


def test_pieces_of_words_are_those_of_the_text(pieces: Pieces) -> None:
    text = "Embeddings of unbelievable tokenisation: 1,234 U.S. dollars!"
    tokenizer = Tokenizer.from_file(str(folder_of(ENGLISH) / "tokenizer.json"))
    tokenizer.no_padding()
    whole = tokenizer.encode(text).ids
    assert [pieces.starts, *(one for piece in pieces.of(text)[1] for one in piece.ids), pieces.ends] == whole


def test_a_sign_between_characters_is_one_token() -> None:
    chinese = Pieces(Tokenizer.from_file(str(folder_of(MULTILINGUAL) / "tokenizer.json")))
    units, cut = chinese.of("《红楼梦》，曹雪芹：１９年。")
    assert [len(piece.ids) for piece in cut] == [1] * len(units)


def test_how_a_word_is_written_is_told() -> None:
    looks = {word: look_of(word, word) for word in ("the", "Paris", "EU", "I", "McCain", "12", "B2B", "x1", "-")}
    assert len(set(looks.values())) >= 8


@given(st.lists(st.integers(1, 12), max_size=60), st.integers(12, 40))
def test_windows_answer_each_unit_once(sizes: list[int], longest: int) -> None:
    made = list(windows([Piece((1,) * n, (0,) * n) for n in sizes], longest))
    answered = [at for window in made for at in range(window.taken, window.left)]
    assert answered == list(range(len(sizes)))
    assert all(window.first <= window.taken < window.left <= window.end for window in made)
    assert all(sum(sizes[window.first : window.end]) <= longest for window in made)
