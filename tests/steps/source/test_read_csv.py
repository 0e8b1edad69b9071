"""CSV as the world writes it: delimiters, encodings, quotes, ragged and damaged lines, and two million rows."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.automation.source import Source
from mainspring.errors import SourceError
from mainspring.steps.source.collect import collect
from mainspring.steps.source.files.records import blocks
from mainspring.steps.source.reader import Surroundings

ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
DELIMITERS = [",", "\t", ";", "|"]

CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
WORDS = st.text("的一是不了人我在有他这 abcxyz0123456789.\"'\n", min_size=1, max_size=8)


def read(path: Path, **declared) -> pa.Table:
    return pa.Table.from_batches(collect(Source(table=str(path), format="csv", **declared), Surroundings(path.parent)))


def written(rows: list[list[str]], delimiter: str, quoting=csv.QUOTE_ALL) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows(rows)
    return text.getvalue()


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy[str]) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    body = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6))
    return [[f"客户 {i}" for i in range(width)], *body]


@settings(deadline=None)
@given(rows=tables(CELLS), encoding=st.sampled_from(ENCODINGS), delimiter=st.sampled_from(DELIMITERS))
def test_any_text_comes_back_as_it_was_written(tmp_path_factory, rows, encoding: str, delimiter: str) -> None:
    path = tmp_path_factory.mktemp("csv") / "t"
    path.write_bytes(written(rows, delimiter).encode(encoding))
    table = read(path, encoding=encoding, delimiter=delimiter)
    assert [table.schema.names, *(list(row.values()) for row in table.to_pylist())] == rows


@settings(deadline=None)
@given(rows=tables(WORDS), encoding=st.sampled_from(ENCODINGS), delimiter=st.sampled_from(DELIMITERS))
def test_encoding_and_delimiter_are_detected(tmp_path_factory, rows, encoding: str, delimiter: str) -> None:
    path = tmp_path_factory.mktemp("csv") / "t"
    path.write_bytes(written(rows, delimiter).encode(encoding))
    table = read(path)
    assert [table.schema.names, *(list(row.values()) for row in table.to_pylist())] == rows


@settings(deadline=None)
@given(rows=tables(WORDS), size=st.integers(1, 40), delimiter=st.sampled_from(DELIMITERS))
def test_text_is_cut_between_rows_only(rows, size: int, delimiter: str) -> None:
    text = written(rows, delimiter, csv.QUOTE_MINIMAL)
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    cut = list(blocks(iter(pieces), delimiter, size))
    assert "".join(cut).rstrip("\r\n") == text.rstrip("\r\n")
    parsed = [list(csv.reader(io.StringIO(block, newline=""), delimiter=delimiter)) for block in cut]
    assert [row for block in parsed for row in block if row] == rows


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_empty_cell_is_missing_and_a_quoted_one_is_not(tmp_path: Path, end: str) -> None:
    (tmp_path / "t.csv").write_bytes(end.join(["", "id,name,", "", "007,,x", '008,"",', "", ""]).encode())
    assert read(tmp_path / "t.csv").to_pylist() == [
        {"id": "007", "name": None, "column_3": "x"},
        {"id": "008", "name": "", "column_3": None},
    ]


def test_one_column_of_free_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text\nhello, you; there\nnothing\n")
    assert read(tmp_path / "t.csv").column("text").to_pylist() == ["hello, you; there", "nothing"]


def test_one_row_without_a_line_end(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2")
    assert read(tmp_path / "t.csv").to_pylist() == [{"a": "1", "b": "2"}]


def test_decimal_commas_do_not_confuse(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;b\n1,5;2,5\n2,5;3,5\n")
    assert read(tmp_path / "t.csv").to_pylist()[0] == {"a": "1,5", "b": "2,5"}


@pytest.mark.parametrize("sign", ["，", '"', "\n"])
def test_a_sign_that_cannot_separate_is_refused(tmp_path: Path, sign: str) -> None:
    (tmp_path / "t.csv").write_text("a，b\n1，2\n")
    with pytest.raises(SourceError, match="cannot separate cells"):
        read(tmp_path / "t.csv", delimiter=sign)


def test_stop_reading_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 3_000_000)
    batches = collect(Source(table="t.csv"), Surroundings(tmp_path))
    assert next(batches).num_rows > 0
    batches.close()


def test_ten_thousand_columns(tmp_path: Path) -> None:
    names = [f"a rather long name of a column {i}" for i in range(10_000)]
    (tmp_path / "t.csv").write_text(",".join(names) + "\n" + ",".join(map(str, range(10_000))) + "\n")
    table = read(tmp_path / "t.csv")
    assert table.schema.names == names
    assert table.column(9_999).to_pylist() == ["9999"]


def test_a_huge_line_between_small_ones(tmp_path: Path) -> None:
    huge = "x" * 40_000_000
    with (tmp_path / "t.csv").open("w") as file:
        file.write("id,text\n" + "".join(f"{i},small\n" for i in range(500_000)))
        file.write(f"500000,{huge}\n500001,small\n")
    sizes = read(tmp_path / "t.csv").select(["id"]).column(0).to_pylist()
    assert sizes == [str(i) for i in range(500_002)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n3\n4,5\n", "line 3: 1 cell where the header has 2"),
        ('a,b\n"1\n1",2\n3,4,5\n', "line 4: 3 cells where the header has 2"),
        ('a,b\n1,"2\n3,4\n', "line 2 cannot be read: is a quote left open there"),
        ('a,b\n1,2\n3,"4', "line 3 cannot be read: is a quote left open there"),
        ("a,b,a\n1,2,3\n", "columns 1 and 3 have the same name: 'a'"),
        ("a,b, A\n1,2,3\n", "columns 1 and 3 differ only in case"),
        ("", "the file is empty"),
        ("\n \n\n", "the file is empty"),
        ("a,b\n1,\x00\n", "line 2, byte 6: a NUL character"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode())
    with pytest.raises(SourceError, match=said):
        read(tmp_path / "t.csv")


def test_a_ragged_line_far_down(tmp_path: Path) -> None:
    lines = ["id,text", *(f"{i},secret {i}" for i in range(300_000))]
    lines[250_000] += ",more"
    (tmp_path / "t.csv").write_text("\n".join(lines))
    with pytest.raises(SourceError, match="line 250001: 3 cells") as caught:
        read(tmp_path / "t.csv")
    assert "secret" not in str(caught.value)


def test_wrong_bytes_far_down_are_told_by_line_and_offset(tmp_path: Path) -> None:
    good = "id,name\n" + "".join(f"{i},é\n" for i in range(200_000))
    data = good.encode() + b"x,\xff\xfe\n"
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(SourceError, match=f"line 200002, byte {len(good.encode()) + 2}: not utf-8 text"):
        read(tmp_path / "t.csv", encoding="utf-8")


def test_a_file_cut_inside_a_character(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("a,b\n1,张".encode()[:-1])
    with pytest.raises(SourceError, match="line 2, byte 6: not utf-8"):
        read(tmp_path / "t.csv", encoding="utf-8")


def test_other_encodings_are_declared_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("id,name\n1,Mélanie\n2,Zoé Müller\n".encode("cp1252"))
    with pytest.raises(SourceError, match="declare it under source"):
        read(tmp_path / "t.csv")
    assert read(tmp_path / "t.csv", encoding="cp1252").column("name").to_pylist() == ["Mélanie", "Zoé Müller"]
    with pytest.raises(SourceError, match="did you mean 'utf-8'"):
        read(tmp_path / "t.csv", encoding="utf9")
    with pytest.raises(SourceError, match="no text encoding 'base64'"):
        read(tmp_path / "t.csv", encoding="base64")


def test_gbk_far_down_in_a_plain_file(tmp_path: Path) -> None:
    text = "id,name\n" + "".join(f"{i},abc\n" for i in range(200_000)) + "x,张三李四\n"
    (tmp_path / "t.csv").write_bytes(text.encode("gbk"))
    assert read(tmp_path / "t.csv").column("name").to_pylist()[-1] == "张三李四"


def test_a_late_word_in_a_column_of_numbers_is_kept(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n\n" + "1\n" * 300_000 + "N/A\n")
    assert read(tmp_path / "t.csv").column("n").to_pylist()[-1] == "N/A"


MEASURE = """
import resource, sys
from pathlib import Path
from mainspring.automation.source import Source
from mainspring.steps.source.collect import collect
from mainspring.steps.source.files.records import blocks
from mainspring.steps.source.reader import Surroundings
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
around = Surroundings(Path(sys.argv[1]))
list(collect(Source(table="small.csv"), around))
before = peak()
rows = sum(batch.num_rows for batch in collect(Source(table=sys.argv[2]), around))
print(rows, peak() - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_two_million_rows_in_bounded_memory(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "small.csv").write_text("id\n1\n")
    part = "".join(f"{i:09d},客户 {i},{i / 7:.3f},2024-01-01,一些更长的文字\n" for i in range(20_000)).encode(encoding)
    with (tmp_path / "large.csv").open("wb") as file:
        file.write("编号,姓名,价格,日期,文字\n".encode(encoding))
        for _ in range(100):
            file.write(part)
    assert (tmp_path / "large.csv").stat().st_size > 100_000_000
    command = [sys.executable, "-c", MEASURE, str(tmp_path), "large.csv"]
    rows, grown = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert rows == 2_000_000
    assert grown < 100
