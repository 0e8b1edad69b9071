"""A small company: its customers, who stay or leave, and its declaration."""

import csv
import random
from pathlib import Path

DECLARATION = """\
name: churn
source: {{table: "{table}", key: customer{source}}}
prepare: {{{prepare}}}
learn: {{target: churn, candidates: [linear, decision_tree], limits: {{time: 40s}}, split: {{folds: 2}}}}
{rest}
"""


def customers(count: int = 300, seed: int = 1, first: int = 0) -> list[list[str]]:
    """Rows with a header: the longer the tenure, the likelier a customer stays."""
    dice = random.Random(seed)
    rows = [["customer", "tenure", "contract", "charges", "churn"]]
    for number in range(first, first + count):
        tenure, contract = dice.randint(0, 70), dice.choice(["month", "year"])
        leaves = dice.random() < 0.85 - tenure / 90 - 0.2 * (contract == "year")
        rows.append([f"C{number}", str(tenure), contract, f"{dice.uniform(20, 110):.2f}", "Yes" if leaves else "No"])
    return rows


def write_csv(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows(rows)
    return path
