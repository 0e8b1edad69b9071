"""Files of every format, one or many, whole or damaged."""

import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from mainspring.automation.source import Source
from mainspring.errors import SchemaChanged, SourceError
from mainspring.steps.source.collect import collect
from mainspring.steps.source.reader import Surroundings

TABLE = pa.table({"id": [1, 2, 3], "name": ["a", None, "订单"]})


def read(folder: Path, path: str, **declared) -> pa.Table:
    return pa.Table.from_batches(collect(Source(table=path, **declared), Surroundings(folder)))


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def write_arrow(path: Path, table: pa.Table, stream: bool = False) -> None:
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    with new(path, table.schema) as writer:
        writer.write_table(table)


def write_excel(path: Path, rows: list[list], sheet: str = "Orders") -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.feather", "t.arrows", "without suffix"])
def test_read_columnar_files(tmp_path: Path, name: str) -> None:
    if name == "t.parquet":
        pq.write_table(TABLE, tmp_path / name)
    else:
        write_arrow(tmp_path / name, TABLE, stream=name == "t.arrows")
    assert read(tmp_path, name) == TABLE


def test_types_that_the_lake_does_not_keep_become_plain(tmp_path: Path) -> None:
    table = pa.table(
        {
            "tiny": pa.array([255], pa.uint8()),
            "huge": pa.array([2**63 - 1], pa.uint64()),
            "price": pa.array([Decimal("9.50")], pa.decimal128(10, 2)),
            "whole": pa.array([Decimal(123)], pa.decimal128(18, 0)),
            "exact": pa.array([Decimal("1.1")], pa.decimal128(38, 1)),
            "level": pa.array(["a"]).dictionary_encode(),
            "at": pa.array([1], pa.timestamp("ns", "Asia/Shanghai")),
            "clock": pa.array([3600], pa.time32("s")),
            "took": pa.array([1500], pa.duration("ms")),
            "place": pa.array([{"city": "上海", "at": {"x": 1}}]),
            "tags": pa.array([["x", "y"]]),
            "text": pa.array(["t"], pa.large_string()),
        }
    )
    write_arrow(tmp_path / "t.arrow", table)
    assert read(tmp_path, "t.arrow").to_pylist() == [
        {
            "tiny": 255, "huge": 2**63 - 1, "price": 9.5, "whole": 123, "exact": Decimal("1.1"), "level": "a",
            "at": datetime.fromisoformat("1970-01-01T00:00:00+00:00"), "clock": "01:00:00", "took": 1.5,
            "place.city": "上海", "place.at": '{"x":1}', "tags": '["x","y"]', "text": "t",
        }
    ]  # fmt: skip


def test_a_number_too_large_for_the_lake_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": pa.array([2**63], pa.uint64())}), tmp_path / "t.parquet")
    with pytest.raises(SourceError, match="column 'n': a value does not fit into int64"):
        read(tmp_path, "t.parquet")


def test_read_json_in_its_three_shapes(tmp_path: Path) -> None:
    rows = [{"a": 1, "b": "x"}, {"b": "y", "c": True}]
    (tmp_path / "list.json").write_text(json.dumps(rows, indent=1))
    (tmp_path / "lines.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "one.json").write_text(json.dumps(rows[0]))
    expected = [{"a": 1, "b": "x", "c": None}, {"a": None, "b": "y", "c": True}]
    assert read(tmp_path, "list.json").to_pylist() == expected
    assert read(tmp_path, "lines.jsonl").to_pylist() == expected
    assert read(tmp_path, "one.json").to_pylist() == rows[:1]


def test_nested_json_becomes_columns_one_level_deep(tmp_path: Path) -> None:
    rows = [{"who": {"name": "Li", "at": {"city": "上海"}}, "tags": [1, "a"]}, {"who": None}, {"who": {}}]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    table = read(tmp_path, "t.json")
    assert table.slice(0, 1).to_pylist() == [{"who.name": "Li", "who.at": '{"city":"上海"}', "tags": '[1,"a"]'}]
    assert table.column("who.name").to_pylist() == ["Li", None, None]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2.5], "double", [1.0, 2.5]),
        ([1, "N/A", None], "string", ["1", "N/A", None]),
        ([True, 1], "string", ["true", "1"]),
        ([{"x": 1}, "y"], "string", ['{"x":1}', "y"]),
        ([2**63, 1], "string", [str(2**63), "1"]),
        ([2**60, 0.5], "string", [str(2**60), "0.5"]),
        ([-(2**63)], "int64", [-(2**63)]),
        ([float("inf"), 1e308], "double", [float("inf"), 1e308]),
        ([None], "null", [None]),
        (["x" * 4_000_000], "string", ["x" * 4_000_000]),
    ],
)
def test_mixed_values_of_a_json_column(tmp_path: Path, values: list, kind: str, expected: list) -> None:
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps({"v": value}) for value in values))
    column = read(tmp_path, "t.jsonl").column("v")
    assert str(column.type) == kind
    assert column.to_pylist() == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"a": 1}, {"a": 2}', "not closed"),
        ('[{"a": 1}, {"a"', "line 1: not JSON"),
        ('{"a": 1}\n{"a": 1,, "b": 2}\n{"a": 3}', "line 2: not JSON"),
        ('{"a": 1}\n[1]', "line 2: not an object"),
        ('[{"a": 1}]\n[{"a": 2}]', "line 2: something follows"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ('{"a": 1, " A ": 2}', "differ only in case"),
        ("[" * 100_000, "line 1"),
        ('{"a": ' + "[" * 100_000 + "}", "nested too deeply"),
        ('{"a": ' + "9" * 5_000 + "}", "too many digits"),
        ("[]", "empty"),
        ("", "empty"),
    ],
)
def test_wrong_json_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(SourceError, match=said):
        read(tmp_path, "t.json")


def test_json_longer_than_a_piece(tmp_path: Path) -> None:
    rows = [{"n": n, "text": "字" * 50} for n in range(30_000)]
    (tmp_path / "t.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-16")
    assert read(tmp_path, "t.json").to_pylist() == rows


def test_read_excel(tmp_path: Path) -> None:
    rows = [[" id ", "", "amount", "mixed", "code"], [1, "x", 1.5, 1, "007"], [2, None, 2, "abc", "008"]]
    write_excel(tmp_path / "t.xlsx", rows)
    table = read(tmp_path, "t.xlsx", sheet="Orders")
    assert table.schema.names == ["id", "column_2", "amount", "mixed", "code"]
    assert table.column("mixed").to_pylist() == ["1", "abc"]
    assert table.column("amount").to_pylist() == [1.5, 2.0]
    assert table.column("code").to_pylist() == ["007", "008"]


def test_read_dates_of_excel(tmp_path: Path) -> None:
    write_excel(tmp_path / "t.xlsx", [["day"], [datetime(2024, 1, 2, 3, 4)], [date(2024, 1, 3)]])
    assert read(tmp_path, "t.xlsx").column("day").to_pylist() == [datetime(2024, 1, 2, 3, 4), datetime(2024, 1, 3)]


def test_wrong_excel_is_explained(tmp_path: Path) -> None:
    write_excel(tmp_path / "t.xlsx", [["a", "a"], [1, 2]])
    write_excel(tmp_path / "empty.xlsx", [])
    (tmp_path / "cut.xlsx").write_bytes((tmp_path / "t.xlsx").read_bytes()[:-200])
    for name, sheet, said in [
        ("t.xlsx", None, "columns 1 and 2 have the same name"),
        ("t.xlsx", "Order", "did you mean 'Orders'"),
        ("empty.xlsx", None, "empty"),
        ("cut.xlsx", None, "damaged or was cut short"),
    ]:
        with pytest.raises(SourceError, match=said):
            read(tmp_path, name, sheet=sheet)


def test_header_only_gives_the_columns(tmp_path: Path) -> None:
    write_excel(tmp_path / "t.xlsx", [["a", "b"]])
    (tmp_path / "t.csv").write_text("a,b\n")
    pq.write_table(TABLE.slice(0, 0), tmp_path / "t.parquet")
    for name in ("t.xlsx", "t.csv", "t.parquet"):
        table = read(tmp_path, name)
        assert (table.num_rows, table.num_columns) == (0, 2)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_packed_text_is_told_by_its_bytes(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    text = "id;name\n1;张三\n".encode("gb18030")
    for name in ("t.csv", "t.csv.gz", "t"):
        (tmp_path / name).write_bytes(pack(text))
        assert read(tmp_path, name).to_pylist() == [{"id": "1", "name": "张三"}]
    (tmp_path / "t.jsonl.zst").write_bytes(pack(b'{"a": 1}\n'))
    assert read(tmp_path, "t.jsonl.zst").to_pylist() == [{"a": 1}]


def whole_files(folder: Path) -> dict[str, bytes]:
    table = pa.table({"id": range(10_000), "name": [f"n{i * 7919}" for i in range(10_000)]})
    pq.write_table(table, folder / "x.parquet")
    write_arrow(folder / "x.arrow", table)
    write_arrow(folder / "x.arrows", table, stream=True)
    lines = "id,name\n" + "".join(f"{i},n{i * 7919}\n" for i in range(10_000))
    text = {"x.csv.gz": gzip.compress(lines.encode()), "x.csv.zst": zstd(lines.encode())}
    return text | {name: (folder / name).read_bytes() for name in ("x.parquet", "x.arrow", "x.arrows")}


@pytest.mark.parametrize("name", ["x.csv.gz", "x.csv.zst", "x.parquet", "x.arrow", "x.arrows"])
def test_a_file_cut_short_is_never_passed_off_as_whole(tmp_path: Path, name: str) -> None:
    whole = whole_files(tmp_path)[name]
    (tmp_path / name).write_bytes(whole)
    assert read(tmp_path, name).num_rows == 10_000
    for cut in (len(whole) - 1, len(whole) - 9, len(whole) // 2, 20):
        (tmp_path / name).write_bytes(whole[:cut])
        with pytest.raises(SourceError, match="damaged or was cut short"):
            read(tmp_path, name)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(SourceError, match="empty"):
        read(tmp_path, name)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"SQLite format 3\x00", "sqlite:///"),
        (b"BZh9", "bzip2"),
        (b"%PDF-1.4", "PDF"),
        (gzip.compress(b"PAR1 and more PAR1", mtime=0), "unpack it first"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, head: bytes, said: str) -> None:
    (tmp_path / "t.dat").write_bytes(head)
    with pytest.raises(SourceError, match=said):
        read(tmp_path, "t.dat")


def test_a_folder_is_one_table(tmp_path: Path) -> None:
    (tmp_path / "data" / "2024").mkdir(parents=True)
    (tmp_path / "data" / "2024" / "b.csv").write_text("id,new\n2,x\n")
    (tmp_path / "data" / "a.csv").write_text("id,old\n3,y\n")
    (tmp_path / "data" / "_SUCCESS").write_text("")
    (tmp_path / "data" / ".hidden.csv").write_text("id\n9\n")
    (tmp_path / "data" / "README.md").write_text("about")
    expected = [{"id": "2", "new": "x", "old": None}, {"id": "3", "new": None, "old": "y"}]
    assert read(tmp_path, "data").to_pylist() == expected
    assert read(tmp_path, "data/**/*.csv").to_pylist() == expected
    assert read(tmp_path, (tmp_path / "data").as_uri()).to_pylist() == expected
    assert read(tmp_path, "data/2*/b.csv").to_pylist() == [{"id": "2", "new": "x"}]


def test_files_of_several_types_meet_where_it_is_safe(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": pa.array([1], pa.int32()), "x": [1]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"n": [2.5], "x": pa.nulls(1)}), tmp_path / "2.parquet")
    (tmp_path / "3.csv").write_text("x\n007\n")
    assert read(tmp_path, "*.parquet").to_pylist() == [{"n": 1.0, "x": 1}, {"n": 2.5, "x": None}]
    assert read(tmp_path, ".").column("x").to_pylist() == ["1", None, "007"]
    pq.write_table(pa.table({"n": [date(2024, 1, 1)]}), tmp_path / "4.parquet")
    with pytest.raises(SchemaChanged, match=r"4.parquet: column 'n' is date32\[day\] here and double"):
        read(tmp_path, "*.parquet")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("ordres.csv", "did you mean 'orders.csv'"),
        ("*.parquet", "no file matches"),
        ("empty", "the folder is empty"),
        ("lake", "a Delta table"),
        ("notes", "declare `format`"),
    ],
)
def test_what_is_not_there_is_explained(tmp_path: Path, path: str, said: str) -> None:
    (tmp_path / "orders.csv").write_text("a\n1\n")
    for folder in ("empty", "lake/_delta_log", "notes"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "notes" / "README.md").write_text("about")
    with pytest.raises(SourceError, match=said):
        read(tmp_path, path)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("kafka://broker/orders", "run the automation"),
        ("nats://server/orders", "run the automation"),
        ("topic:orders", "run the automation"),
        ("s3://bucket/x.csv", "does not read s3"),
        ("lake:orders", "run the automation"),
        ("postgres://x/y", "did you mean 'postgresql'"),
        ("htps://x/y", "did you mean 'https'"),
        ("quux://x/y", "a file, or one of"),
    ],
)
def test_an_address_that_is_not_read_says_what_to_do(tmp_path: Path, address: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        collect(Source(table=address), Surroundings(tmp_path))


def test_a_file_whose_name_has_a_colon(tmp_path: Path) -> None:
    (tmp_path / "day:1.csv").write_text("a\n1\n")
    assert read(tmp_path, "day:1.csv").to_pylist() == [{"a": "1"}]


def test_a_query_over_the_lake_is_not_collected_here(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="answered by the lake"):
        collect(Source(sql="select 1"), Surroundings(tmp_path))
