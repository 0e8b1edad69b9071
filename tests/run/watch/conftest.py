"""A small company's automation, learned once, copied for each test that watches it."""

import csv
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainspring import Workspace

DECLARATION = """
name: churn
source: {table: customers.csv, key: customer}
learn: {target: churn, positive: "Yes", candidates: [linear], limits: {time: 120s}, split: {folds: 2}}
decide: {gains: {true_positive: 60, false_positive: -60}}
act: {offer: {file: offers.jsonl}}
watch:
  retrain: {cost: 100}
  alert: {confirm: 1 of 1, to: ["json://127.0.0.1:1/nobody"]}
"""


def _customers(count: int, seed: int, *, first: int = 0, flipped: bool = False, gaps: float = 0.0) -> list[dict]:
    """Customers and what becomes of them: those with a short tenure leave, or where it is ``flipped`` those with a long one."""
    dice = random.Random(seed)
    rows: list[dict] = []
    for number in range(first, first + count):
        tenure, contract = dice.randint(0, 70), dice.choice(["month", "year"])
        leaves = dice.random() < (0.95 - tenure / 75) * (0.6 if contract == "year" else 1)
        shown = None if dice.random() < gaps else tenure
        rows.append(
            {
                "customer": f"C{number}",
                "tenure": shown,
                "contract": contract,
                "churn": "Yes" if leaves != flipped else "No",
            }
        )
    return rows


@pytest.fixture(scope="session")
def customers() -> Callable[..., list[dict]]:
    return _customers


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("churn")
    rows = _customers(1200, 1)
    with (folder / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    (folder / "churn.yaml").write_text(DECLARATION, encoding="utf-8")
    with Workspace(folder / "space") as space:
        space.run(folder / "churn.yaml")
    return folder / "space"


@pytest.fixture
def space(learned: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(learned, tmp_path / "space")
    with Workspace(tmp_path / "space") as opened:
        yield opened
