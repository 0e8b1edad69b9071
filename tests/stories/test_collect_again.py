"""Collect again: only what is new, and columns that change are told, widened or refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from company import customers, write_csv

from mainspring import Automation, Workspace
from mainspring.errors import SchemaChanged

Declare = Callable[..., Path]


def test_only_new_rows_are_added(tmp_path: Path, declare: Declare) -> None:
    numbered = [[*row, str(i)] for i, row in enumerate(customers(400))]
    numbered[0][-1] = "number"
    declaration = declare(source="since: number")
    with Workspace(tmp_path / "space") as workspace:
        write_csv(tmp_path / "customers.csv", numbered[:301])
        assert workspace.run(declaration).counts["rows"] == 300
        write_csv(tmp_path / "customers.csv", numbered)
        second = workspace.run(declaration)
        assert second.counts["rows"] == 400
        assert workspace.lake.sql("select count(*) n, count(distinct number) d from churn.raw").to_pylist() == [
            {"n": 400, "d": 400}
        ]
        assert workspace.run(declaration).counts["rows"] == 400
        assert workspace.lake.read("churn.raw", version=0).num_rows == 300


def test_a_new_column_is_told(tmp_path: Path, declare: Declare) -> None:
    rows = customers()
    with Workspace(tmp_path / "space") as workspace:
        write_csv(tmp_path / "customers.csv", rows)
        workspace.run(declare())
        write_csv(
            tmp_path / "customers.csv",
            [[*rows[0], "city"], *[[*row, f"city {i % 3}"] for i, row in enumerate(rows[1:])]],
        )
        assert "new column 'city'" in " ".join(workspace.run(declare()).notes)


def test_a_column_that_would_lose_values_is_refused(tmp_path: Path, declare: Declare) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = customers()
    columns = {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}
    declaration = declare("customers.parquet")
    with Workspace(tmp_path / "space") as workspace:
        pq.write_table(
            pa.table({**columns, "tenure": [int(v) for v in columns["tenure"]]}), tmp_path / "customers.parquet"
        )
        workspace.run(declaration)
        pq.write_table(pa.table(columns), tmp_path / "customers.parquet")
        with pytest.raises(SchemaChanged, match="'tenure' was int64 and is now string"):
            workspace.run(declaration)
        assert workspace.lake.schema("churn.raw").field("tenure").type == pa.int64()
        assert workspace.run(declaration, fresh=True).version == 2


def test_automations_collect_from_each_other_through_the_lake(tmp_path: Path, declare: Declare) -> None:
    write_csv(tmp_path / "customers.csv", customers())
    learn = {"target": "churn", "candidates": ["linear"], "limits": {"time": "40s"}, "split": {"folds": 2}}
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(declare())
        for name, source in (
            ("asked", {"sql": "select * from churn.clean where tenure > 20"}),
            ("copied", {"table": "lake:churn.clean"}),
        ):
            declared = {"name": name, "source": {**source, "key": "customer"}, "learn": learn}
            assert workspace.run(Automation.model_validate(declared)).version == 1
        assert workspace.lake.count("copied.raw") == 300
        assert workspace.lake.count("asked.raw") < 300
        assert "_part" not in workspace.lake.schema("copied.raw").names
