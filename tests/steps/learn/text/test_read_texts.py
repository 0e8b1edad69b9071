"""Texts of any script are read to the same words, however they are written."""

import pytest

from mainspring.errors import MissingExtra
from mainspring.steps.learn.text import kinds, reader
from mainspring.steps.learn.text.reader import LONGEST, LONGEST_WORD, Reader

SEGMENTING = Reader(segments=True)


def words(text: str, known: Reader = SEGMENTING) -> list[str]:
    return [token.word for token in known.read(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't PAY twice!", ["don't", "pay", "twice", "!"]),
        ("我爱北京天安门", ["我", "爱", "北京", "天安门"]),
        ("iPhone手机很好", ["iphone", "手机", "很", "好"]),
        ("ＡＢＣ１２３", ["abc123"]),
        ("臺灣的電視", ["台湾", "的", "电视"]),
        ("台湾的电视", ["台湾", "的", "电视"]),
        ("well\u0000done\u200b\ufeff ok", ["well", "done", "ok"]),
        ("great 👍🏽 deal", ["great", "👍", "🏽", "deal"]),
        ("Привет, МИР", ["привет", ",", "мир"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        ("STRASSE straße", ["strasse", "strasse"]),
        ("   \t\n ", []),
        ("", []),
    ],
)  # fmt: skip
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_without_a_dictionary_each_character_is_a_word() -> None:
    assert words("我爱北京 today", Reader(segments=False)) == ["我", "爱", "北", "京", "today"]


def test_parts_of_words_and_of_runs() -> None:
    (token,) = Reader(segments=False).read("ab")
    assert token.parts == (" a", "ab", "b ", " ab", "ab ", " ab ")
    parts = [token.parts for token in SEGMENTING.read("天安门")]
    assert parts == [("天", "天安", "天安门", "安", "安门", "门")]


def test_a_huge_text_is_read_at_its_beginning() -> None:
    assert sum(len(word) for word in words("好" * 1_000_000)) == LONGEST
    assert words("x" * 1_000_000) == ["x" * LONGEST_WORD]
    assert len(words("a b " * 300_000)) == LONGEST // 2


def test_without_the_libraries_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    kinds.chinese.cache_clear()
    monkeypatch.setattr(kinds.importlib, "import_module", missing)
    try:
        with pytest.raises(MissingExtra, match=r"mainspring\[chinese\]"):
            reader.Reader(segments=True).read("北京")
    finally:
        kinds.chinese.cache_clear()
