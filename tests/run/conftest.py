"""A small automation, learned once; a test gets a copy of its workspace."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring import Workspace

CONTRACTS = ["Month-to-month", "One year", "Two year"]
GAINS = "true_positive: 120, false_positive: -20, false_negative: -100"
DECLARATION = """
name: retention
source: {{table: customers.csv, key: customer}}
learn: {{target: churn, positive: "Yes", optimise: profit, limits: {{time: 40s}}, candidates: [linear, decision_tree]}}
decide:
  gains: {{{gains}}}
  rules: [{{if: "contract == 'Two year'", then: skip, because: bound by contract}}]
{decide}
act: {{offer: {{table: offers}}}}
{rest}
"""


def declare(folder: Path, decide: str = "", rest: str = "", gains: str = GAINS) -> Path:
    """The declaration of ``retention`` beside its customers."""
    dice = random.Random(7)
    lines = ["customer,tenure,contract,charges,churn"]
    for number in range(300):
        tenure, contract, charges = dice.randint(0, 70), dice.choice(CONTRACTS), round(dice.uniform(20, 110), 2)
        leaning = 0.9 - tenure / 60 - 0.4 * CONTRACTS.index(contract) + charges / 150
        lines.append(f"C{number},{tenure},{contract},{charges},{'Yes' if dice.random() < leaning else 'No'}")
    (folder / "customers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = folder / "retention.yaml"
    path.write_text(DECLARATION.format(decide=decide, rest=rest, gains=gains), encoding="utf-8")
    return path


def customers(count: int, seed: int = 1) -> list[dict]:
    """New customers, some with odd values."""
    dice = random.Random(seed)
    return [
        {
            "customer": f"N{number}", "tenure": dice.choice([dice.randint(0, 70), None]), "contract": dice.choice([*CONTRACTS, "新"]),
            "charges": round(dice.uniform(20, 110), 2),
        }
        for number in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("retention")
    with Workspace(folder / "space") as workspace:
        workspace.run(declare(folder))
    return folder / "space"


@pytest.fixture
def space(learned: Path, tmp_path: Path) -> Path:
    """The folder of a workspace in which ``retention`` has been learned."""
    return Path(shutil.copytree(learned, tmp_path / "space"))


@pytest.fixture
def workspace(space: Path) -> Iterator[Workspace]:
    with Workspace(space) as opened:
        yield opened
