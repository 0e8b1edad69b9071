from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from mainspring.backends.store.lake import Lake
from mainspring.errors import MainspringError, NotFound, QualityError


@pytest.fixture
def lake(lake: Lake) -> Lake:
    rows = pa.table({"contract": ["year", "month", "month"], "tenure": [12, 1, 3], "empty": pa.nulls(3)})
    lake.write("retention.raw", rows)
    lake.write("retention.raw", rows.slice(0, 1))
    lake.write("my-bank.loans", pa.table({"at": [datetime(2026, 3, 1, tzinfo=UTC)], "tenure": [1]}))
    return lake


def test_a_question_is_answered(lake: Lake) -> None:
    answer = lake.sql("select contract, count(*) as n, sum(tenure) as total from retention.raw group by 1 order by 1")
    assert answer.to_pylist() == [
        {"contract": "month", "n": 2, "total": 4},
        {"contract": "year", "n": 2, "total": 24},
    ]


def test_tables_of_several_automations_join(lake: Lake) -> None:
    answer = lake.sql('select contract, "at" from retention.raw join "my-bank".loans using (tenure)')
    assert answer.to_pylist() == [{"contract": "month", "at": datetime(2026, 3, 1, tzinfo=UTC)}]


def test_an_earlier_version_is_asked(lake: Lake) -> None:
    assert lake.sql('select count(*) as n from retention."raw@0"').to_pylist() == [{"n": 3}]
    both = 'select (select count(*) from retention.raw) - (select count(*) from retention."raw@0") as more'
    assert lake.sql(both).to_pylist() == [{"more": 1}]


@pytest.mark.parametrize(
    "query",
    [
        "from retention.raw", "describe retention.raw", "summarize retention.raw", "SELECT 1 FROM Retention.RAW LIMIT 1",
        "with c as (select * from retention.raw) select count(*) from c", "select 1;", "values (1)",
    ],
)  # fmt: skip
def test_many_ways_to_ask(lake: Lake, query: str) -> None:
    assert lake.sql(query).num_rows > 0


def test_unknown_names_are_told_with_the_nearest(lake: Lake) -> None:
    with pytest.raises(NotFound, match=r"'retention\.row'.*\n.*did you mean 'retention\.raw'"):
        lake.sql("select * from retention.row")
    with pytest.raises(NotFound, match=r"did you mean 'retention\.raw'"):
        lake.sql("select * from retentoin.raw")
    with pytest.raises(NotFound, match="known: 1, 0"):
        lake.sql('select * from retention."raw@7"')
    with pytest.raises(QualityError, match="tenure"):
        lake.sql("select tenur from retention.raw")


@pytest.mark.parametrize(
    "query",
    ["", "selec 1", "select 1; select 2", "drop view retention.raw", "select 1/", "pivot retention.raw on contract"],
)
def test_what_is_not_one_select_is_refused(lake: Lake, query: str) -> None:
    with pytest.raises(QualityError):
        lake.sql(query)


def test_a_value_is_not_quoted_in_an_error(lake: Lake) -> None:
    with pytest.raises(QualityError) as refused:
        lake.sql("select contract::int from retention.raw")
    assert "month" not in str(refused.value)
    assert "year" not in str(refused.value)


def hostile(secret: Path) -> list[str]:
    folder = secret.parent
    return [
        f"select * from read_text('{secret}')", f"select * from read_csv('{secret}')", f"select * from '{secret}'",
        f"select * from read_blob('{secret}')", f"select * from glob('{folder}/*')", f"from '{folder}/*.csv'",
        f"select * from query('select * from read_text(''{secret}'')')", f"select * from sniff_csv('{secret}')",
        f"select * from parquet_scan('{secret}')", f"select * from read_json('{secret}')",
        f"copy (select 1) to '{folder}/out.csv'", f"copy retention.raw to '{folder}/out.csv'",
        f"attach '{folder}/other.db'", f"export database '{folder}/out'", "install httpfs", "load httpfs",
        "set enable_external_access = true", "reset enable_external_access", "pragma enable_profiling",
        "create table mine as select 1", "insert into retention.raw values (1)", "delete from retention.raw",
        "call enable_logging()", "select * from read_text('https://example.com')", "select * from duckdb_secrets()",
        "select getenv('HOME')", "select * from lake", "select * from secret", "use retention",
        "create function f() as table select * from read_text('/etc/hostname')", "select * from lake_7",
        f"create secret (type s3, key_id '{secret}')", "checkpoint", "force checkpoint", "vacuum",
        f"import database '{folder}'", "prepare p as select 1",
    ]  # fmt: skip


def test_nothing_but_the_tables_can_be_reached(lake: Lake, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\nhidden,1\n")
    before = sorted(path for path in tmp_path.rglob("*") if ".lock" not in str(path))
    for query in hostile(secret):
        with pytest.raises(MainspringError) as refused:
            print(query, lake.sql(query))
        assert "hidden" not in str(refused.value)
    assert sorted(path for path in tmp_path.rglob("*") if ".lock" not in str(path)) == before
    assert lake.sql("select count(*) as n from retention.raw").to_pylist() == [{"n": 4}]
