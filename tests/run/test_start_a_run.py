"""A run's own budget and candidates, and what is resumed."""

import csv
import json
import random
from pathlib import Path

import pytest

from mainspring import Automation, Workspace
from mainspring.errors import MainspringError, SpecError
from mainspring.run.progress import Silent
from mainspring.run.start import Start
from mainspring.run.train.candidates import candidates
from mainspring.steps.learn.portfolio import modules_of

DECLARED = {
    "name": "retention",
    "source": {"table": "customers.csv"},
    "learn": {"target": "churn", "limits": {"time": "40s"}, "candidates": ["lightgbm"]},
}


class Interrupted(KeyboardInterrupt):
    pass


class Watcher(Silent):
    """Keeps the leaderboards it is shown; may interrupt the run at a step, as Ctrl-C does."""

    def __init__(self, stop_at: str = "") -> None:
        self.stop_at, self.seen, self.repeated = stop_at, [], []

    def step(self, name, about):
        if name == self.stop_at:
            raise Interrupted

    def standings(self, lines):
        self.seen.append(list(lines))

    def done(self, name, facts, *, repeated=False):
        if repeated:
            self.repeated.append(name)


@pytest.fixture
def declaration(tmp_path: Path) -> Path:
    dice = random.Random(3)
    with (tmp_path / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["tenure", "charges", "churn"])
        for _ in range(300):
            tenure, charges = dice.randint(0, 70), dice.uniform(20, 110)
            rows.writerow([tenure, charges, "Yes" if dice.random() < 0.8 - tenure / 90 else "No"])
    path = tmp_path / "retention.yaml"
    path.write_text(json.dumps(DECLARED), encoding="utf-8")
    return path


def test_budget_and_candidates_are_part_of_the_run(declaration: Path, tmp_path: Path) -> None:
    watcher = Watcher()
    with Workspace(tmp_path / "space") as workspace:
        result = workspace.run(declaration, budget="20s", candidates=["linear", "decision_tree"], progress=watcher)
        facts = workspace.models.list("retention")[0].facts["declaration"]
    assert facts["learn"]["limits"]["time"] == 20.0
    assert [line["name"] for line in result.leaderboard if line["why_not"] is None] != []
    assert {line["name"] for line in result.leaderboard} <= {"linear", "decision_tree"}
    last = watcher.seen[-1]
    assert {line["name"] for line in last} == {"linear", "decision_tree"}
    assert {line["state"] for line in last} <= {"waiting", "learning", "done", "left out"}
    assert any(line["score"] is not None for line in last)


def test_only_the_same_run_is_resumed(declaration: Path, tmp_path: Path) -> None:
    with Workspace(tmp_path / "space") as workspace:
        with pytest.raises(SpecError, match="no interrupted run"):
            workspace.run(declaration, resume=True)
        with pytest.raises(Interrupted):
            workspace.run(declaration, budget="20s", candidates=["linear"], progress=Watcher("learn"))
        with pytest.raises(SpecError, match="no interrupted run"):
            workspace.run(declaration, resume=True)
        with pytest.raises(SpecError, match="no interrupted run"):
            workspace.run(declaration, resume=True, budget="21s", candidates=["linear"])
        again = Watcher()
        result = workspace.run(declaration, resume=True, budget="20s", candidates=["linear"], progress=again)
    assert again.repeated == ["check", "collect", "clean", "expect", "plan"]
    assert result.version == 1


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (Start(fresh=True, resume=True), "either"),
        (Start(budget="soon"), "write a time"),
        (Start(budget=-1), "more than zero"),
    ],
)
def test_a_wrong_start_is_refused(start: Start, what: str) -> None:
    with pytest.raises(SpecError, match=what):
        start.applied(Automation.model_validate(DECLARED))


def test_rules_alone_have_no_budget() -> None:
    rules = Automation.model_validate(
        {
            "name": "x", "source": {"table": "x.csv"}, "act": {"offer": {"table": "x"}},
            "decide": {"rules": [{"if": "a > 1", "then": "offer"}]},
        }
    )  # fmt: skip
    assert Start().applied(rules) is rules
    with pytest.raises(SpecError, match="learns nothing"):
        Start(budget="5m").applied(rules)


def test_an_unknown_candidate_is_refused_before_anything_is_collected(declaration: Path, tmp_path: Path) -> None:
    with Workspace(tmp_path / "space") as workspace:
        with pytest.raises(MainspringError, match="did you mean 'lightgbm'"):
            workspace.run(declaration, candidates=["lightgmb"])
        assert workspace.lake.tables() == []


def test_the_candidates_are_known() -> None:
    known = {line["name"]: line for line in candidates()}
    assert known["linear"]["missing"] is None
    assert known["lightgbm_log"]["target"] == "logarithm"


def test_what_it_learns_with_begins_to_load_before_its_first_step(declaration: Path, tmp_path: Path) -> None:
    loaded: list[frozenset[str]] = []

    class Looking(Silent):
        def step(self, name, about):
            if name == "check":
                loaded.append(workspace._backends.engine._origin.modules)

    with Workspace(tmp_path / "ws") as workspace:
        workspace.run(declaration, progress=Looking(), candidates=["decision_tree"])
    assert len(loaded) == 1
    assert loaded[0] >= modules_of(["decision_tree"]) > {"mainspring.steps.learn.trial.fold"}
