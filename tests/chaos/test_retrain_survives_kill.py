"""A retraining killed with ``kill -9`` in every step, and each time given the same command, makes one version, with the same rows."""

import json
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from copied_processes import Copies

from mainspring import Workspace

pytestmark = pytest.mark.slow
STEPS = [
    "check",
    "collect",
    "join",
    "window",
    "clean",
    "expect",
    "plan",
    "learn",
    "evaluate",
    "compare",
    "register",
    "report",
]

DRIVER = """
import json, os, signal, sys
from mainspring import Workspace
from mainspring.run.flow import Flow

place, moment, step = sys.argv[1:4]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)

class Watcher:
    def step(self, name, about):
        if (moment, step) == ("at the beginning of", name): die()
    def standings(self, lines): pass
    def update(self, text, share): pass
    def done(self, name, facts, repeated=False): pass

undisturbed = Flow.step
def step_of(self, name, about, work, facts):
    def then_die():
        result = work()
        if (moment, step) == ("after the work of", name): die()
        return result
    return undisturbed(self, name, about, then_die, facts)
Flow.step = step_of

with Workspace(place) as workspace:
    print(json.dumps(workspace.models.retrain("churn", progress=Watcher()), default=str))
"""


def people(dice: random.Random, count: int, *, flipped: bool = False) -> list[tuple[dict, str]]:
    made = []
    for _ in range(count):
        tenure = dice.randint(0, 70)
        leaves = (dice.random() < 1 / (1 + 2.718 ** ((tenure - 35) / 8))) != flipped
        made.append(({"customer": f"C{dice.getrandbits(40)}", "tenure": tenure}, "Yes" if leaves else "No"))
    return made


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dice, folder = random.Random(3), tmp_path_factory.mktemp("declared")
    lines = ["customer,tenure,churn", *(f"{one['customer']},{one['tenure']},{left}" for one, left in people(dice, 300))]
    (folder / "customers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "churn.yaml").write_text(
        f"name: churn\nsource: {{table: {folder}/customers.csv, key: customer}}\n"
        "learn: {target: churn, candidates: [linear, decision_tree], limits: {time: 60s}, split: {folds: 2}}\n"
        "decide: {gains: {true_positive: 100, false_positive: -100}}\n",
        encoding="utf-8",
    )
    with Workspace(folder / "space") as workspace:
        workspace.run(folder / "churn.yaml")
        later = people(dice, 300, flipped=True)
        rows = workspace.decide("churn", [one for one, _ in later]).to_pylist()
        told = [{"decision": row["decision"], "outcome": left} for row, (_, left) in zip(rows, later, strict=True)]
        workspace.feedback("churn", told)
    return folder / "space"


class Retrain(Protocol):
    def __call__(self, place: Path, moment: str = ..., step: str = ...) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="module")
def retrain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retrain]:
    with Copies(DRIVER, tmp_path_factory.mktemp("told")) as copies:
        yield lambda place, moment="never", step="": copies.run([place, moment, step])


@pytest.fixture(scope="module")
def undisturbed(retrain: Retrain, learned: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    ran = retrain(shutil.copytree(learned, tmp_path_factory.mktemp("undisturbed") / "space"))
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("moment", ["at the beginning of", "after the work of"])
def test_killed_in_each_step_one_after_another(
    retrain: Retrain, tmp_path: Path, learned: Path, undisturbed: dict, moment: str
) -> None:
    place = shutil.copytree(learned, tmp_path / "space")
    for step in STEPS:
        killed = retrain(place, moment, step)
        assert killed.returncode == -signal.SIGKILL, (step, killed.stdout, killed.stderr)
    again = retrain(place)
    assert again.returncode == 0, again.stderr
    made = json.loads(again.stdout)
    assert {"version": made["version"], "champion": made["champion"], "rows": made["rows"]} == {
        "version": 2, "champion": True, "rows": undisturbed["rows"],
    }  # fmt: skip
    with Workspace(place) as workspace:
        assert [version.version for version in workspace.models.list("churn")] == [1, 2]
        changes = [change["what"] for change in workspace.models.changes("churn")]
        assert changes == ["promoted", "registered", "promoted", "registered"]
    assert not [path for path in (place / "runs").glob("*") if any(path.iterdir())]
