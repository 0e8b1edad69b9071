"""Rows of SQLite, PostgreSQL and MariaDB, by query or table, never written, never with a password in a message."""

import sqlite3
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import create_engine, text

from mainspring.automation.source import Source
from mainspring.errors import SourceError, UnknownColumn
from mainspring.steps.source.collect import collect
from mainspring.steps.source.reader import Surroundings


def read(url: str, query: str | None = None, folder: Path = Path(), **more) -> pa.Table:
    cursor, environment = more.pop("cursor", None), more.pop("environment", {})
    around = Surroundings(folder, cursor=cursor, environment=environment)
    return pa.Table.from_batches(collect(Source(table=url, query=query, **more), around))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    database = sqlite3.connect(tmp_path / "shop.db")
    database.execute("create table orders (id integer, price real, note text, mixed, blank, at text)")
    rows = [
        (1, 9.5, "a", 1, None, "2024-01-01T08:00:00"),
        (2, None, "订单", "N/A", None, "2024-01-02 09:30:00"),
        (3, 3.0, None, 2.5, None, "2024-01-03"),
    ]
    database.executemany("insert into orders values (?, ?, ?, ?, ?, ?)", rows)
    database.execute('create table "odd name" (a int)')
    database.commit()
    database.close()
    return tmp_path


def test_read_a_table_of_sqlite(shop: Path) -> None:
    table = read("sqlite:///shop.db", "orders", shop)
    assert [str(t) for t in table.schema.types] == ["int64", "double", "string", "string", "null", "string"]
    assert table.column("mixed").to_pylist() == ["1", "N/A", "2.5"]
    assert table.column("note").to_pylist() == ["a", "订单", None]


def test_read_a_query_of_sqlite(shop: Path) -> None:
    query = "-- the dear ones\nselect id, ':x' as colon, '50%' as share from orders where price > 5 -- done;"
    assert read("sqlite:///shop.db", query, shop).to_pylist() == [{"id": 1, "colon": ":x", "share": "50%"}]
    assert read("sqlite:///shop.db", "odd name", shop).schema.names == ["a"]


def test_read_more_rows_than_a_batch(shop: Path) -> None:
    query = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 25000) select i, i / 2.0 as half from n"
    batches = list(collect(Source(table="sqlite:///shop.db", query=query), Surroundings(shop)))
    assert [b.num_rows for b in batches] == [10_000, 10_000, 5_000]
    assert pa.Table.from_batches(batches).column("i").to_pylist() == list(range(1, 25_001))


def test_a_late_text_among_numbers_is_kept(shop: Path) -> None:
    query = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 25000) select iif(i = 25000, 'N/A', i) v from n"
    values = read("sqlite:///shop.db", query, shop).column("v").to_pylist()
    assert values[:2] == ["1", "2"]
    assert values[-1] == "N/A"


@pytest.mark.parametrize("cursor", ["2024-01-01T08:00:00", "2024-01-02T00:00:00+00:00"])
def test_collect_only_what_is_newer_than_text_dates(shop: Path, cursor: str) -> None:
    table = read("sqlite:///shop.db", "orders", shop, since="at", cursor=cursor)
    assert table.column("id").to_pylist() == [2, 3]


def test_collect_only_what_has_a_higher_number(shop: Path) -> None:
    assert read("sqlite:///shop.db", "orders", shop, since="id", cursor=2).column("id").to_pylist() == [3]
    assert read("sqlite:///shop.db", "orders", shop, since="id", cursor=3).num_rows == 0
    with pytest.raises(UnknownColumn, match="did you mean 'id'"):
        read("sqlite:///shop.db", "orders", shop, since="idd", cursor=2)


def test_a_missing_sqlite_file_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such database file"):
        read("sqlite:///shop.db", "orders", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ordres", "did you mean 'orders'"),
        (None, "the tables are: .*orders"),
        ("select colour from orders", "no such column: colour"),
        ("select id, price as ID from orders", "differ only in case"),
        ("delete from orders", "readonly|refused"),
        ("insert into orders (id) values (4) returning id", "readonly|refused"),
    ],
)
def test_a_wrong_query_is_explained(shop: Path, query: str | None, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read("sqlite:///shop.db", query, shop)
    assert read("sqlite:///shop.db", "orders", shop).num_rows == 3


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("id,name\n" * 500)
    with pytest.raises(SourceError, match="not a database"):
        read("sqlite:///shop.db", "orders", tmp_path)


def run(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> str:
    run(
        postgres_url.replace("postgresql://", "postgresql+psycopg://"),
        "create schema sales",
        """create table sales.orders (id bigint, price numeric(10, 2), big numeric(30, 5), free numeric, paid boolean,
           at timestamp, seen timestamptz, day date, more jsonb, tags text[], uid uuid, clock time, raw bytea, note text)""",
        r"""insert into sales.orders values (1, 9.50, 1234567890123456789012345.12345, 0.1, true, '2024-01-01 08:00',
           '2024-01-01 08:00+08', '2024-01-01', '{"a": [1]}', '{x,y}', '00000000-0000-0000-0000-000000000001', '08:30',
           '\x00ff', '订单')""",
        "insert into sales.orders (id, at) select i, timestamp '2024-02-01' + i * interval '1 s' from generate_series(2, 25000) i",
    )
    return postgres_url


def test_read_every_type_of_postgresql(postgres: str) -> None:
    table = read(postgres, "sales.orders")
    assert table.num_rows == 25_000
    kinds = ["int64", "double", "decimal128(30, 5)", "double", "bool", "timestamp[us]", "timestamp[us, tz=UTC]"]
    kinds += ["date32[day]", "string", "string", "string", "string", "binary", "string"]
    assert [str(t) for t in table.schema.types] == kinds
    first = table.slice(0, 1).to_pylist()[0]
    assert (first["price"], str(first["big"]), first["free"]) == (9.5, "1234567890123456789012345.12345", 0.1)
    assert (first["more"], first["tags"], first["clock"]) == ('{"a":[1]}', '["x","y"]', "08:30:00")
    assert first["seen"].isoformat() == "2024-01-01T00:00:00+00:00"
    assert (first["raw"], first["note"]) == (b"\x00\xff", "订单")


def test_postgresql_compares_the_cursor_itself(postgres: str) -> None:
    query = "select id, at, seen, day from sales.orders;"
    assert read(postgres, query, since="id", cursor=24_990).num_rows == 10
    assert read(postgres, query, since="at", cursor="2024-02-01T06:56:30").column("id").to_pylist() == list(
        range(24_991, 25_001)
    )
    assert read(postgres, query, since="seen", cursor="2023-12-31T23:59:59+00:00").num_rows == 1
    assert read(postgres, query, since="day", cursor="2024-01-01").num_rows == 0


def test_postgresql_is_only_read(postgres: str) -> None:
    with pytest.raises(SourceError, match=r"read-only|syntax|refused"):
        read(postgres, "with gone as (delete from sales.orders returning id) select * from gone")
    assert read(postgres, "select count(*) as n from sales.orders").to_pylist() == [{"n": 25_000}]


def test_a_value_never_stands_in_a_message(postgres: str) -> None:
    with pytest.raises(SourceError, match="cannot convert") as caught:
        read(postgres, "select note::int from sales.orders")
    assert "订单" not in str(caught.value)


def test_a_password_never_stands_in_a_message() -> None:
    for url in ("postgresql://me:hunter2@127.0.0.1:1/x", "mysql://me:hunter2@127.0.0.1:1/x"):
        with pytest.raises(SourceError) as caught:
            read(url, "orders")
        assert "hunter2" not in str(caught.value)
        assert "me:***@127.0.0.1" in str(caught.value)


def test_a_password_comes_from_the_environment(mariadb_url: str) -> None:
    url = mariadb_url.replace("tester:tester@", "tester:${SECRET}@")
    assert read(url, "select 1 as one", environment={"SECRET": "tester"}).to_pylist() == [{"one": 1}]
    with pytest.raises(SourceError, match="SECRET is not set"):
        read(url, "select 1 as one")
    with pytest.raises(SourceError) as caught:
        read(url, "select 1 as one", environment={"SECRET": "hunter2"})
    assert "hunter2" not in str(caught.value)


@pytest.fixture(scope="module")
def maria(mariadb_url: str) -> str:
    run(
        mariadb_url.replace("mariadb://", "mariadb+pymysql://"),
        "create table orders (id bigint unsigned, price decimal(10,2), big decimal(30,5), ok boolean, at datetime(6), day date, "
        "note varchar(20) character set utf8mb4, raw blob, clock time, more json, kind enum('a','b'))",
        "set sql_mode = ''",
        "insert into orders values (1, -9.50, 1234567890123456789012345.12345, true, '2024-01-01 08:00:00.000001', '2024-01-01', "
        "'订单', x'00ff', '08:30:00', '{\"a\": 1}', 'a')",
        "insert into orders (id, at, day) values (2, '2024-01-02', '0000-00-00')",
    )
    return mariadb_url


@pytest.mark.parametrize("scheme", ["mariadb", "mysql"])
def test_read_every_type_of_mariadb(maria: str, scheme: str) -> None:
    table = read(maria.replace("mariadb://", f"{scheme}://"), "orders")
    kinds = ["int64", "double", "decimal128(30, 5)", "int64", "timestamp[us]", "date32[day]", "string", "binary"]
    assert [str(t) for t in table.schema.types] == [*kinds, "string", "string", "string"]
    first, second = table.to_pylist()
    assert (first["id"], first["price"], first["note"], first["raw"]) == (1, -9.5, "订单", b"\x00\xff")
    assert (first["more"], first["kind"], first["clock"]) == ('{"a": 1}', "a", "8:30:00")
    assert second["day"] is None


def test_mariadb_compares_the_cursor_itself(maria: str) -> None:
    for since, cursor in {"id": 1, "at": "2024-01-01T08:00:00.000001"}.items():
        assert read(maria, "orders", since=since, cursor=cursor).column("id").to_pylist() == [2]


def test_mariadb_is_only_read(maria: str) -> None:
    with pytest.raises(SourceError, match="refused"):
        read(maria, "delete from orders")
    assert read(maria, "orders").num_rows == 2
