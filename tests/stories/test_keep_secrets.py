"""What ``protect`` names never reaches the disk in the clear: not the lake, the database, the models, the reports, nor a message."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from company import customers, write_csv

from mainspring import Workspace
from mainspring.errors import BadRecord

SECRETS = ("C101", "Zephyrine", "zephyrine.q@example.org")


def clear_values(folder: Path) -> list[str]:
    """Files below the folder in which a secret stands, as bytes or inside a Parquet table."""
    found: list[str] = []
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".parquet":
                content += str(pq.read_table(path).to_pylist()).encode()
            found += [f"{path.name}: {secret}" for secret in SECRETS if secret.encode() in content]
    return found


@pytest.fixture
def declared(tmp_path: Path, declare: Callable[..., Path]) -> Path:
    rows = customers()
    people = [[*row, f"Person {i}", f"p{i}@example.org"] for i, row in enumerate(rows[1:])]
    people[101][5:] = [SECRETS[1], SECRETS[2]]
    (tmp_path / "source").mkdir()
    write_csv(tmp_path / "source" / "customers.csv", [[*rows[0], "name", "email"], *people])
    return declare(
        "source/customers.csv",
        prepare="protect: {customer: pseudonymise, name: mask, email: encrypt}",
        rest="decide: {gains: {true_positive: 100, false_positive: -10, false_negative: -50}}\nact: {call: {file: calls.jsonl}}",
    )


def test_nothing_protected_is_written(tmp_path: Path, declared: Path) -> None:
    record = {
        "customer": "C101",
        "tenure": 1,
        "contract": "month",
        "charges": 99.0,
        "name": SECRETS[1],
        "email": SECRETS[2],
    }
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(declared)
        decided = workspace.decide("churn", record)
        assert decided["key"].to_pylist() == ["C101"], "who asked knows their own customer"
        workspace.actions.deliver()
        told = workspace.feedback("churn", [{"customer": "C101", "outcome": "Yes"}])
        assert (told["accepted"], told["repeated"], told["unknown"]) == (1, 0, 0)
        stored = workspace.protect("churn", [record])
        token = stored["customer"][0].as_py()
        assert workspace.lake.sql(f"select count(*) n from churn.raw where customer = '{token}'").to_pylist() == [
            {"n": 1}
        ]
        with pytest.raises(BadRecord) as refused:
            workspace.decide("churn", {**record, "tenure": "never", "name": SECRETS[1]})
        assert not [secret for secret in SECRETS if secret in str(refused.value)]
        explained = str(workspace.explain("churn", decided["decision"][0].as_py()))
        assert not [secret for secret in SECRETS if secret in explained]
    assert clear_values(tmp_path / "space") == []
