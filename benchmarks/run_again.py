"""How long a small run takes, the first in a process and later ones: learners loaded anew, and kept. ``make bench-run-again``."""

import random
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import machine
from mainspring import Workspace
from mainspring.backends.engine.spare import SPARE

ROWS, TURNS = 300, 5
DECLARATION = """
name: churn
source: {table: customers.csv, key: customer}
learn: {target: churn, candidates: [linear, decision_tree], limits: {time: 40s}, split: {folds: 2}}
"""


def write(folder: Path) -> Path:
    dice = random.Random(3)
    lines = ["customer,tenure,contract,churn"]
    for number in range(ROWS):
        tenure, contract = dice.randint(0, 70), dice.choice(["month", "year"])
        lines.append(f"C{number},{tenure},{contract},{'Yes' if dice.random() < 0.8 - tenure / 100 else 'No'}")
    (folder / "customers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = folder / "churn.yaml"
    path.write_text(DECLARATION, encoding="utf-8")
    return path


def seconds(declaration: Path, place: Path) -> float:
    began = time.perf_counter()
    with Workspace(place) as workspace:
        workspace.run(declaration)
    return time.perf_counter() - began


def main() -> None:
    print(machine.line("mainspring", "scikit-learn"))
    with TemporaryDirectory() as name:
        folder = Path(name)
        declaration = write(folder)
        first = seconds(declaration, folder / "first")
        kept: list[float] = []
        anew: list[float] = []
        for turn in range(TURNS):
            kept.append(seconds(declaration, folder / f"kept{turn}"))
            SPARE.drop()
            anew.append(seconds(declaration, folder / f"anew{turn}"))
    print("\n| run in the process | median s | shortest | longest |\n|---|---|---|---|")
    print(f"| the first | {first:.2f} | | |")
    for name, spent in (("later, learners kept", kept), ("later, learners loaded anew", anew)):
        print(f"| {name} | {statistics.median(spent):.2f} | {min(spent):.2f} | {max(spent):.2f} |")
    print(f"\nkept : anew {statistics.median(kept) / statistics.median(anew):.2f}")


if __name__ == "__main__":
    main()
