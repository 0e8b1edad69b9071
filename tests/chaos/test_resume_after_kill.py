"""A run killed with ``kill -9`` in any step, then given the same command, finishes with the same counts and no row twice."""

import json
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from copied_processes import Copies

from mainspring import Workspace
from mainspring.backends.opening import Settings, open_backends

pytestmark = pytest.mark.slow
STEPS = ["check", "collect", "clean", "expect", "plan", "learn", "evaluate", "register", "report"]

DRIVER = """
import json, os, signal, sys
from mainspring import Workspace
from mainspring.run.flow import Flow

place, declaration, moment, step = sys.argv[1:5]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)

class Watcher:
    def step(self, name, about):
        if (moment, step) == ("at the beginning of", name): die()
    def standings(self, lines): pass
    def update(self, text, share):
        if moment == "within" and share > float(step): die()
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
    print(json.dumps(workspace.run(declaration, progress=Watcher()).to_dict()))
"""


@pytest.fixture(scope="module")
def declaration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dice, folder = random.Random(3), tmp_path_factory.mktemp("declared")
    rows = ["customer,tenure,contract,churn"]
    for number in range(300):
        tenure, contract = dice.randint(0, 70), dice.choice(["month", "year"])
        leaves = dice.random() < 0.8 - tenure / 100
        rows.append(f"C{number},{tenure if number % 50 else 900},{contract},{'Yes' if leaves else 'No'}")
    rows += rows[5:10]
    (folder / "customers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    path = folder / "churn.yaml"
    path.write_text(
        "name: churn\nsource: {table: customers.csv, key: customer}\n"
        "prepare: {expect: {tenure: {max: 100}}, protect: {customer: pseudonymise}}\n"
        "learn: {target: churn, candidates: [linear, decision_tree], limits: {time: 40s}, split: {folds: 2}}\n",
        encoding="utf-8",
    )
    return path


class Run(Protocol):
    def __call__(
        self, place: Path, declaration: Path, moment: str = ..., step: str = ..., killed_after: float = ...
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with Copies(DRIVER, tmp_path_factory.mktemp("told")) as copies:
        yield lambda place, declaration, moment="never", step="", killed_after=120.0: copies.run(
            [place, declaration, moment, step], killed_after
        )


@pytest.fixture(scope="module")
def undisturbed(run: Run, declaration: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    place = tmp_path_factory.mktemp("undisturbed")
    ran = run(place, declaration)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout) | {"tables": tables(place)}


def tables(place: Path) -> dict[str, int]:
    with Workspace(place) as workspace:
        return {table["name"]: table["rows"] for table in workspace.lake.tables()}


def finished(place: Path) -> bool:
    backends = open_backends(Settings.read(place))
    latest = backends.runs.latest("churn")
    backends.close()
    return latest is not None and latest.state == "finished"


def assert_finishes_as_undisturbed(run: Run, place: Path, declaration: Path, undisturbed: dict) -> None:
    again = run(place, declaration)
    assert again.returncode == 0, again.stderr
    result = json.loads(again.stdout)
    assert result["counts"] == undisturbed["counts"]
    assert result["version"] == 1
    assert_as_undisturbed(place, undisturbed)


def assert_as_undisturbed(place: Path, undisturbed: dict) -> None:
    assert tables(place) == undisturbed["tables"]
    with Workspace(place) as workspace:
        assert [version.version for version in workspace.models.list("churn")] == [1]
        assert workspace.report("churn").exists()
        keys = workspace.lake.read("churn.clean").column("customer").to_pylist()
        assert len(keys) == len(set(keys))
        assert workspace.predict("churn", {"tenure": 3, "contract": "month"}).num_rows == 1
    assert not [path for path in (place / "runs").glob("*") if any(path.iterdir())]


def test_the_counts_add_up(undisturbed: dict) -> None:
    counts = undisturbed["counts"]
    assert counts == {
        "rows": 305,
        "duplicates": 5,
        "unlabelled": 0,
        "quarantined": 6,
        "train": counts["train"],
        "test": counts["test"],
    }
    assert counts["rows"] == sum(counts[part] for part in ("duplicates", "unlabelled", "quarantined", "train", "test"))


@pytest.mark.parametrize("moment", ["at the beginning of", "after the work of"])
def test_killed_in_each_step_one_after_another(
    run: Run, tmp_path: Path, declaration: Path, undisturbed: dict, moment: str
) -> None:
    for step in STEPS:
        killed = run(tmp_path, declaration, moment, step)
        assert killed.returncode == -signal.SIGKILL, (step, killed.stdout, killed.stderr)
    assert_finishes_as_undisturbed(run, tmp_path, declaration, undisturbed)


@pytest.mark.parametrize("share", ["0.0", "0.3", "0.84", "0.96"])
def test_killed_while_learning(run: Run, tmp_path: Path, declaration: Path, undisturbed: dict, share: str) -> None:
    killed = run(tmp_path, declaration, "within", share)
    assert killed.returncode == -signal.SIGKILL
    assert_finishes_as_undisturbed(run, tmp_path, declaration, undisturbed)


def test_killed_again_and_again_at_random_moments(
    run: Run, tmp_path: Path, declaration: Path, undisturbed: dict
) -> None:
    dice = random.Random(11)
    for _ in range(6):
        run(tmp_path, declaration, killed_after=dice.uniform(0.1, 5.0))
        if finished(tmp_path):  # the same command once more would be a new run
            return assert_as_undisturbed(tmp_path, undisturbed)
    return assert_finishes_as_undisturbed(run, tmp_path, declaration, undisturbed)
