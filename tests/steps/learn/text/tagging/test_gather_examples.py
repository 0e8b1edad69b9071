"""What a tagger learns from has every unit of every text, in windows it can read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from mainspring.measure.spans.span import Span
from mainspring.steps.learn.text.encoder.places import ENGLISH, folder_of
from mainspring.steps.learn.text.tagging.examples import NOT_ASKED, Examples, tagged_texts, together
from mainspring.steps.learn.text.tagging.pieces import Pieces

LONGEST = 48
TAGS = ("O", "B-A", "I-A")


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return Pieces(Tokenizer.from_file(str(folder_of(ENGLISH) / "tokenizer.json")))


def gathered(pieces: Pieces, texts: list[str], spans: list[list[Span]]) -> Examples:
    return Examples(tagged_texts(texts, spans, pieces), TAGS, LONGEST, (pieces.starts, pieces.ends), 0)


@pytest.mark.parametrize(
    "text",
    ["word " * 400, "a" * 900, "词" * 300, "one\ntwo\n" * 90, "😀" * 200, "\x00\x07 x", "１２３ ４５ Ｌｉｍａ", "‮שלום‬"],
)
def test_a_sentence_longer_than_a_window_is_learned_in_several(pieces: Pieces, text: str) -> None:
    made = gathered(pieces, [text], [[]])
    lengths = made.lengths(0)
    assert max(lengths) <= LONGEST + 2
    asked = sum(int((made.of(number).tags != NOT_ASKED).sum()) for number in range(len(lengths)))
    assert asked >= len(pieces.of(text)[0])
    assert [len(made.of(number).ids) for number in range(len(lengths))] == lengths


def test_texts_without_a_word_are_left_out(pieces: Pieces) -> None:
    assert gathered(pieces, ["", " \n\t"], [[], []]).lengths(0) == []


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_all_tokens_of_all_examples_are_met(pieces: Pieces, texts: list[str]) -> None:
    made = gathered(pieces, texts, [[Span(0, 1, "A")] for _ in texts])
    met = made.met()
    for epoch in range(2):
        examples = [made.of(number) for number in range(len(made.lengths(epoch)))]
        if examples:
            assert set(together(examples).read[0].ravel().tolist()) <= met
