"""What a run is going to take is told before it, and beside it what it took."""

import csv
import json
import random
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.automation.learn import Limits
from mainspring.errors import MainspringError, QualityError, SourceError, SpecError
from mainspring.steps.learn.kinds import LEARNERS
from mainspring.steps.learn.planning.machine import slowness
from mainspring.steps.learn.planning.plan import COSTS, Load, plan_of
from mainspring.steps.learn.portfolio import PORTFOLIO

AMOUNTS = ("seconds", "memory", "disk")


@pytest.fixture
def declaration(tmp_path: Path) -> Path:
    dice = random.Random(3)
    with (tmp_path / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["customer", "tenure", "charges", "churn"])
        for number in range(400):
            tenure, charges = dice.randint(0, 70), dice.uniform(20, 110)
            rows.writerow([f"C{number}", tenure, charges, "Yes" if dice.random() < 0.8 - tenure / 90 else "No"])
    declared = {
        "name": "retention", "source": {"table": "customers.csv", "key": "customer"},
        "prepare": {"protect": {"customer": "pseudonymise"}},
        "learn": {"target": "churn", "limits": {"time": "30s"}, "candidates": ["linear", "decision_tree"], "split": {"folds": 3}},
    }  # fmt: skip
    path = tmp_path / "retention.yaml"
    path.write_text(json.dumps(declared), encoding="utf-8")
    return path


def test_a_plan_is_told_without_a_run_and_nothing_is_kept(declaration: Path, tmp_path: Path) -> None:
    with Workspace(tmp_path / "here") as space:
        told = space.plan(declaration)
        assert space.lake.tables() == []
        assert space.models.list("retention") == []
    assert all(told["expected"][name] > 0 for name in AMOUNTS)
    assert [one["name"] for one in told["candidates"]] == ["linear", "decision_tree"]
    assert told["basis"].startswith("400 rows of the source; 320 rows × 2 features, 2 candidates on 3 folds")
    assert told["automation"] == "retention"
    assert not list((tmp_path / "here").rglob("*.parquet"))


def test_budget_and_candidates_are_those_of_the_run_that_is_planned(declaration: Path, tmp_path: Path) -> None:
    with Workspace(tmp_path / "here") as space:
        one = space.plan(declaration, candidates=["linear"])
        assert [c["name"] for c in one["candidates"]] == ["linear"]
        everything = [entry.name for entry in PORTFOLIO if not entry.network][:12]
        assert space.plan(declaration, candidates=everything, budget=0.5)["searching"] == 0.5 - 0.06


def test_a_run_has_the_plan_and_what_it_took_beside_it(declaration: Path, tmp_path: Path) -> None:
    with Workspace(tmp_path / "here") as space:
        result = space.run(declaration)
        kept = space.models.list("retention")[0].folder
    plan = result.to_dict()["plan"]
    assert set(plan["expected"]) == set(plan["actual"]) == set(AMOUNTS)
    assert all(plan["actual"][name] > 0 for name in AMOUNTS)
    assert plan["actual"]["disk"] > sum(path.stat().st_size for path in kept.rglob("*") if path.is_file())
    assert json.loads(json.dumps(plan)) == plan
    assert result.report is not None
    page = result.report.read_text(encoding="utf-8")
    assert "Plan and actual" in page


def test_a_plan_of_what_cannot_be_run_is_refused_as_the_run_is(declaration: Path, tmp_path: Path) -> None:
    spoilt: dict[str, tuple[object, type[MainspringError]]] = {
        "source": ({"table": "nowhere.csv"}, SourceError), "learn": ({"target": "nobody"}, QualityError),
        "name": ("", SpecError),
    }  # fmt: skip
    plain = json.loads(declaration.read_text(encoding="utf-8"))
    with Workspace(tmp_path / "here") as space:
        for part, (value, error) in spoilt.items():
            declaration.write_text(json.dumps({**plain, part: value}), encoding="utf-8")
            with pytest.raises(error):
                space.plan(declaration)
        rules = {k: v for k, v in plain.items() if k != "learn"} | {
            "decide": {"rules": [{"if": "tenure > 3", "then": "skip"}]}
        }
        declaration.write_text(json.dumps(rules), encoding="utf-8")
        with pytest.raises(SpecError, match="learns nothing"):
            space.plan(declaration)
        (tmp_path / "customers.csv").write_text("customer,tenure,charges,churn\n", encoding="utf-8")
        declaration.write_text(json.dumps(plain), encoding="utf-8")
        with pytest.raises(MainspringError):
            space.plan(declaration)


def test_more_rows_slower_machines_and_more_candidates_take_longer() -> None:
    learners = [entry.learner() for entry in PORTFOLIO if not entry.network]

    def seconds(rows: int = 5000, slower: float = 1.0, count: int = 10, workers: int = 2) -> float:
        return plan_of(
            learners[:count], Load(rows, 10, 12, 1, 5, workers), Limits(time=1e9), slower, draws=False
        ).seconds

    assert seconds(50_000) > seconds()
    assert seconds(slower=2.0) > seconds()
    assert seconds(count=20) > seconds()
    assert seconds(workers=4) < seconds()


def test_costs_are_of_kinds_there_are() -> None:
    assert set(COSTS) <= set(LEARNERS)


def test_the_machine_is_tried() -> None:
    assert 0.0 < slowness() < float("inf")
