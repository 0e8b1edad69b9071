"""Bad data gets one clear answer, leaves nothing half-done, and does not stand in the way of good data afterwards."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from company import customers, write_csv

from mainspring import Workspace
from mainspring.errors import MainspringError, QualityError, SourceError, UnknownColumn

Declare = Callable[..., Path]
HEADER = customers(0)[0]


def refuse(tmp_path: Path, declaration: Path, kind: type[MainspringError], *words: str) -> None:
    """The run is refused with these words, and a run on good data follows it as if nothing had been."""
    with Workspace(tmp_path / "space") as workspace:
        with pytest.raises(kind) as refused:
            workspace.run(declaration)
        told = str(refused.value)
        assert all(word in told for word in words), told
        assert refused.value.remedy
        assert refused.value.fault == "user"
        assert workspace.automations() == []
        assert workspace.models.list("churn") == []
        write_csv(tmp_path / "good.csv", customers())
        good = declaration.with_name("good.yaml")
        table = declaration.read_text(encoding="utf-8").split('table: "')[1].split('"')[0]
        good.write_text(declaration.read_text(encoding="utf-8").replace(table, "good.csv"), encoding="utf-8")
        assert workspace.run(good, fresh=True).version == 1


def test_an_empty_file(tmp_path: Path, declare: Declare) -> None:
    (tmp_path / "customers.csv").write_bytes(b"")
    refuse(tmp_path, declare(), SourceError, "empty")


def test_a_header_only(tmp_path: Path, declare: Declare) -> None:
    write_csv(tmp_path / "customers.csv", [HEADER])
    refuse(tmp_path, declare(), QualityError, "no rows")


def test_one_row(tmp_path: Path, declare: Declare) -> None:
    write_csv(tmp_path / "customers.csv", customers(1))
    refuse(tmp_path, declare(), QualityError, "churn")


def test_one_class(tmp_path: Path, declare: Declare) -> None:
    rows = customers()
    write_csv(tmp_path / "customers.csv", [rows[0], *[[*row[:-1], "No"] for row in rows[1:]]])
    refuse(tmp_path, declare(), QualityError, "one class", "'No'")


def test_no_target_column(tmp_path: Path, declare: Declare) -> None:
    write_csv(tmp_path / "customers.csv", [["customer", "tenure", "contract", "charges", "churned"], *customers()[1:]])
    refuse(tmp_path, declare(), UnknownColumn, "churn", "did you mean 'churned'?")


def test_no_target_value(tmp_path: Path, declare: Declare) -> None:
    write_csv(tmp_path / "customers.csv", [HEADER, *[[*row[:-1], ""] for row in customers()[1:]]])
    refuse(tmp_path, declare(), QualityError, "churn")


def test_nothing_but_constants(tmp_path: Path, declare: Declare) -> None:
    rows = [[row[0], "7", "month", "9.5", row[-1]] for row in customers()[1:]]
    write_csv(tmp_path / "customers.csv", [HEADER, *rows])
    refuse(tmp_path, declare(), QualityError, "no column can serve as a feature")


def test_two_columns_of_one_name(tmp_path: Path, declare: Declare) -> None:
    write_csv(tmp_path / "customers.csv", [["customer", "tenure", "tenure", "charges", "churn"], *customers()[1:]])
    refuse(tmp_path, declare(), MainspringError, "tenure", "same name")


def test_a_wrong_encoding(tmp_path: Path, declare: Declare) -> None:
    rows = [[row[0], row[1], "月付", row[3], row[4]] for row in customers()[1:]]
    write_csv(tmp_path / "customers.csv", [HEADER, *rows], encoding="gb18030")
    refuse(tmp_path, declare(source="encoding: utf-8"), SourceError, "utf-8")


def test_a_truncated_gzip(tmp_path: Path, declare: Declare) -> None:
    plain = write_csv(tmp_path / "plain.csv", customers(2000)).read_bytes()
    (tmp_path / "customers.csv.gz").write_bytes(gzip.compress(plain)[:-500])
    refuse(tmp_path, declare("customers.csv.gz"), SourceError, "customers.csv.gz")


def test_a_truncated_parquet(tmp_path: Path, declare: Declare) -> None:
    rows = customers(2000)
    table = pa.table({name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])})
    pq.write_table(table, tmp_path / "whole.parquet")
    (tmp_path / "customers.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-200])
    refuse(tmp_path, declare("customers.parquet"), SourceError, "customers.parquet")


def test_every_row_breaks_an_expectation(tmp_path: Path, declare: Declare) -> None:
    write_csv(tmp_path / "customers.csv", customers())
    with Workspace(tmp_path / "space") as workspace:
        with pytest.raises(QualityError, match="no row is left"):
            workspace.run(declare(prepare="expect: {tenure: {min: 1000}}"))
        assert workspace.lake.sql("select count(*) n from churn.quarantine").to_pylist() == [{"n": 300}]


def test_a_source_that_was_mended_is_collected_again(tmp_path: Path, declare: Declare) -> None:
    rows, declaration = customers(), declare()
    write_csv(tmp_path / "customers.csv", [rows[0], *[[*row[:-1], "No"] for row in rows[1:]]])
    with Workspace(tmp_path / "space") as workspace:
        with pytest.raises(QualityError):
            workspace.run(declaration)
        write_csv(tmp_path / "customers.csv", rows)
        assert workspace.run(declaration).version == 1


def test_mixed_types_in_a_column(tmp_path: Path, declare: Declare) -> None:
    rows = customers()
    for i, odd in enumerate(["?", "N/A", "12 months", "-999", "１２", ""], start=3):
        rows[i][1] = odd
    write_csv(tmp_path / "customers.csv", rows)
    with Workspace(tmp_path / "space") as workspace:
        result = workspace.run(declare())
        assert sum(result.counts[k] for k in ("train", "test", "duplicates", "unlabelled", "quarantined")) == 300
        assert workspace.lake.sql("select typeof(tenure) t from churn.clean limit 1").to_pylist() == [{"t": "DOUBLE"}]


def test_some_constant_columns_are_left_out(tmp_path: Path, declare: Declare) -> None:
    rows = customers()
    write_csv(tmp_path / "customers.csv", [[*rows[0], "country"], *[[*row, "FR"] for row in rows[1:]]])
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(declare())
        assert "country" not in workspace.models.list("churn")[0].card.input.names


def test_the_command_says_so_without_a_traceback(tmp_path: Path, declare: Declare, mainspring: Callable) -> None:
    (tmp_path / "customers.csv").write_bytes(b"")
    ran = mainspring("run", declare())
    assert ran.returncode == 2
    assert "empty" in ran.stderr
    assert "Traceback" not in ran.stderr + ran.stdout


@pytest.mark.slow
def test_ten_thousand_columns(tmp_path: Path, declare: Declare) -> None:
    rows = customers(200)
    wide = [[*row, *(str((i * j) % 7) for j in range(10_000))] for i, row in enumerate(rows[1:], start=1)]
    write_csv(tmp_path / "customers.csv", [[*rows[0], *(f"x{j}" for j in range(10_000))], *wide])
    declaration = declare()
    declaration.write_text(declaration.read_text(encoding="utf-8").replace("time: 40s", "time: 150s"), encoding="utf-8")
    with Workspace(tmp_path / "space") as workspace:
        assert workspace.run(declaration).version == 1
        assert workspace.report("churn").stat().st_size < 3_000_000
