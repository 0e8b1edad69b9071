"""Files of words and tags become texts with spans; a file that was cut short is refused."""

import gzip
import json
from pathlib import Path

import pytest

from mainspring.automation.source import Source
from mainspring.errors import SourceError
from mainspring.steps.source.collect import collect
from mainspring.steps.source.reader import Surroundings

ENGLISH = """-DOCSTART- -X- O O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
call NN I-NP O
. . O O

Peter NNP I-NP I-PER
Blackburn NNP I-NP I-PER

-DOCSTART- -X- O O

BRUSSELS NNP I-NP I-LOC
"""
CHINESE = "吴 B-NAME\n重 M-NAME\n阳 E-NAME\n， O\n中 B-CONT\n国 E-CONT\n\n5 O\nG O\n网 O\n\n"


def rows(path: Path, **source: object) -> list[dict[str, object]]:
    declared = Source.model_validate({"table": str(path), **source})
    return [row for batch in collect(declared, Surroundings(path.parent)) for row in batch.to_pylist()]


def shown(row: dict[str, object]) -> list[tuple[str, str]]:
    return [(str(row["text"])[a:b], label) for a, b, label in json.loads(str(row["spans"]))]


def test_a_document_is_a_text_with_a_sentence_a_line(tmp_path: Path) -> None:
    path = tmp_path / "eng.testa.conll"
    path.write_text(ENGLISH, encoding="utf-8")
    first, second = rows(path)
    assert first["text"] == "EU rejects German call .\nPeter Blackburn"
    assert shown(first) == [("EU", "ORG"), ("German", "MISC"), ("Peter Blackburn", "PER")]
    assert shown(second) == [("BRUSSELS", "LOC")]
    assert first["part"] == "valid"


def test_without_documents_a_sentence_is_a_text_and_chinese_stands_together(tmp_path: Path) -> None:
    path = tmp_path / "train.char.bmes"
    path.write_text(CHINESE, encoding="utf-8")
    first, second = rows(path)
    assert first["text"] == "吴重阳，中国"
    assert shown(first) == [("吴重阳", "NAME"), ("中国", "CONT")]
    assert second["text"] == "5 G 网"
    assert first["part"] == "train"


def test_several_files_are_one_table_and_packed_ones_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.train.conll").write_text(ENGLISH, encoding="utf-8")
    (tmp_path / "a.testb.conll.gz").write_bytes(gzip.compress(ENGLISH.encode()))
    declared = Source.model_validate({"table": str(tmp_path / "a.*")})
    read = [row for batch in collect(declared, Surroundings(tmp_path)) for row in batch.to_pylist()]
    assert sorted(str(row["part"]) for row in read) == ["test", "test", "train", "train"]


def test_windows_line_ends_a_mark_at_the_beginning_and_gb18030_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_bytes(b"\xef\xbb\xbf" + ENGLISH.replace("\n", "\r\n").encode())
    assert len(rows(path)) == 2
    path.write_bytes((CHINESE * 20).encode("gb18030"))
    assert rows(path)[0]["text"] == "吴重阳，中国"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (ENGLISH[: ENGLISH.rindex(" NNP")], "line 14 lacks its tag"),
        (ENGLISH[: ENGLISH.rindex(" I-LOC")], "line 14 lacks its tag"),
        (ENGLISH[: ENGLISH.rindex("BRUSSELS") + 4], "line 14 lacks its tag"),
        ("only words\nin\n", "line 2 lacks its tag"), ("", "empty"), (" \n \n", "empty"),
    ],
)  # fmt: skip
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "x.conll"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=told):
        rows(path)


def test_bytes_of_another_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_bytes("Zürich B-LOC\n".encode("latin-1"))
    with pytest.raises(SourceError, match="encoding"):
        rows(path)
    assert shown(rows(path, encoding="latin-1")[0]) == [("Zürich", "LOC")]


def test_sequences_that_no_scheme_allows_are_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_text("a I-PER\nb E-LOC\nc 🙂\nd B-\ne \x07\n", encoding="utf-8")
    assert shown(rows(path)[0])[:2] == [("a", "PER"), ("b", "LOC")]
