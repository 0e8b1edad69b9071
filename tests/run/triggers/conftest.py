"""An automation that was learned, and is to be learned anew under a condition."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainspring import Workspace

DECLARATION = """
name: churn
source: {table: customers.csv, key: customer}
learn: {target: churn, positive: "Yes", candidates: [linear], limits: {time: 60s}, split: {folds: 2}}
decide: {gains: {true_positive: 100, false_positive: -100}}
watch: {every: 1h, retrain: {WHEN}}
"""


def people(dice: random.Random, first: int, count: int) -> list[dict]:
    made = []
    for number in range(first, first + count):
        tenure = dice.randint(0, 70)
        churn = "Yes" if dice.random() < 1 / (1 + 2.718 ** ((tenure - 35) / 8)) else "No"
        made.append({"customer": f"C{number}", "tenure": tenure, "churn": churn})
    return made


def write(folder: Path, rows: list[dict]) -> None:
    lines = ["customer,tenure,churn", *(",".join(map(str, row.values())) for row in rows)]
    (folder / "customers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def live(workspace: Workspace, rows: list[dict]) -> None:
    """They are decided about, and what becomes of them is told."""
    asked = [{name: value for name, value in row.items() if name != "churn"} for row in rows]
    made = workspace.decide("churn", asked, reasons=False).to_pylist()
    workspace.feedback(
        "churn", [{"decision": one["decision"], "outcome": row["churn"]} for one, row in zip(made, rows, strict=True)]
    )


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str], Workspace]]:
    """Opens a workspace in which ``churn`` has been learned, under ``retrain`` as it is written."""
    spaces: list[Workspace] = []
    write(tmp_path, people(random.Random(1), 0, 200))

    def make(retrain: str) -> Workspace:
        (tmp_path / "churn.yaml").write_text(DECLARATION.replace("WHEN", retrain), encoding="utf-8")
        space = Workspace(tmp_path / "space")
        spaces.append(space)
        space.run(tmp_path / "churn.yaml")
        return space

    yield make
    for space in spaces:
        space.close()
