"""A world of customers with a law, and automations that have learned it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainspring import Workspace

GAINS = "true_positive: 100, false_positive: -100"
DECLARATION = """
name: churn
source: {{table: customers.csv, key: customer{source}}}
learn:
  target: churn
  positive: "Yes"
  candidates: [linear, decision_tree]
  limits: {{time: 60s}}
  {learn}
decide:
  gains: {{{gains}}}
  {decide}
{rest}
"""


def customer(dice: random.Random, number: int, *, flipped: bool = False) -> tuple[dict, str]:
    """Someone, and whether they leave: those who are new do; where the law is flipped, those who have long been there."""
    tenure, charges = dice.randint(0, 70), round(dice.uniform(20, 110), 2)
    leaves = dice.random() < 1 / (1 + 2.718 ** ((tenure - 35) / 8))
    return {"customer": f"C{number}", "tenure": tenure, "charges": charges}, "Yes" if leaves != flipped else "No"


def customers(dice: random.Random, first: int, count: int, *, flipped: bool = False) -> list[tuple[dict, str]]:
    return [customer(dice, first + number, flipped=flipped) for number in range(count)]


def write(path: Path, people: list[tuple[dict, str]]) -> None:
    lines = [",".join([*people[0][0], "churn"])]
    lines += [",".join([*map(str, person.values()), left]) for person, left in people]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def declare(folder: Path, *, source: str = "", learn: str = "", decide: str = "", rest: str = "") -> Path:
    path = folder / "churn.yaml"
    told = DECLARATION.format(gains=GAINS, source=source, learn=learn, decide=decide, rest=rest)
    path.write_text(told, encoding="utf-8")
    return path


def live(workspace: Workspace, people: list[tuple[dict, str]], occasion: str = "") -> list[dict]:
    """They are decided about, and what becomes of them is told."""
    rows = workspace.decide("churn", [one for one, _ in people], occasion=occasion, reasons=False).to_pylist()
    told = [{"decision": row["decision"], "outcome": left} for row, (_, left) in zip(rows, people, strict=True)]
    workspace.feedback("churn", told)
    return rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "customers.csv", customers(random.Random(1), 0, 400))
    return tmp_path


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    """In which ``churn`` has been learned."""
    with Workspace(folder / "space") as opened:
        opened.run(declare(folder))
        yield opened
