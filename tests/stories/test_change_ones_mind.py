"""Versions: a second run registers a second version, and people promote and roll back; capacity and rules hold."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from company import customers, write_csv

from mainspring import Automation, Workspace
from mainspring.errors import SpecError, StoreError

Declare = Callable[..., Path]
GAINS = "decide: {gains: {true_positive: 100, false_positive: -10, false_negative: -50}%s}\nact: {call: {table: calls.made}}"
LEAVING = {"tenure": 0, "contract": "month", "charges": 100.0}


def test_promote_and_roll_back(tmp_path: Path, declare: Declare) -> None:
    write_csv(tmp_path / "customers.csv", customers())
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(declare())
        first = workspace.predict("churn", LEAVING)
        write_csv(tmp_path / "customers.csv", customers(300, seed=2))
        assert workspace.run(declare()).version == 2
        workspace.models.promote("churn", 2, why="newer customers")
        second = workspace.predict("churn", LEAVING)
        assert not second.equals(first)
        assert second.equals(workspace.predict("churn", LEAVING, version=2))
        workspace.models.rollback("churn")
        assert workspace.predict("churn", LEAVING).equals(first)
        assert workspace.status("churn")["champion"] == 1
        with pytest.raises(StoreError, match="no earlier champion"):
            workspace.models.rollback("churn")


def test_the_capacity_of_a_day_is_kept_by_all_who_ask_at_once(tmp_path: Path, declare: Declare) -> None:
    write_csv(tmp_path / "customers.csv", customers())
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(declare(rest=GAINS % ", capacity: 7 per week"))

        def ask(who: int) -> None:
            for i in range(5):
                workspace.decide("churn", {**LEAVING, "customer": f"{who}-{i}"})

        askers = [threading.Thread(target=ask, args=(who,)) for who in range(4)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        assert workspace.status("churn")["by_action"] == {"call": 7, "none": 13}
        refused = workspace.decide("churn", {**LEAVING, "customer": "late"})
        assert "the capacity of this period is used up" in refused["reasons"][0].as_py()


def test_rules_alone(tmp_path: Path) -> None:
    write_csv(tmp_path / "customers.csv", customers())
    declared = {
        "name": "rules", "source": {"table": str(tmp_path / "customers.csv"), "key": "customer"},
        "decide": {"rules": [{"if": "tenure < 3 and contract == 'month'", "then": "call", "because": "new and free to go"}]},
        "act": {"call": {"table": "calls.made"}},
    }  # fmt: skip
    with Workspace(tmp_path / "space") as workspace:
        assert workspace.run(Automation.model_validate(declared)).version is None
        decided = workspace.decide(
            "rules", [{"tenure": 1, "contract": "month"}, {"tenure": 9, "contract": "month"}, {}]
        )
        assert decided["action"].to_pylist() == ["call", "none", "none"]
        assert decided["reasons"][0].as_py() == ["new and free to go"]
        assert workspace.actions.deliver()["delivered"] == 1


def test_numbers_and_many_classes(tmp_path: Path) -> None:
    rows = customers()
    write_csv(tmp_path / "customers.csv", [[*rows[0], "size"], *[[*row, "smlx"[int(row[1]) % 4]] for row in rows[1:]]])
    base = {"source": {"table": str(tmp_path / "customers.csv"), "key": "customer"}}
    learn = {
        "candidates": ["linear", "decision_tree", "least_squares"],
        "limits": {"time": "40s"},
        "split": {"folds": 2},
    }
    with Workspace(tmp_path / "space") as workspace:
        number = workspace.run(
            Automation.model_validate({"name": "charges", **base, "learn": {"target": "charges", **learn}})
        )
        assert {"rmse", "mae", "r2"} <= set(number.metrics)
        assert workspace.predict("charges", LEAVING).column_names == ["prediction"]
        workspace.run(Automation.model_validate({"name": "sizes", **base, "learn": {"target": "size", **learn}}))
        answer = workspace.predict("sizes", LEAVING)
        assert answer.column_names == ["prediction", *(f"probability_{label}" for label in "lmsx")]
        assert sum(answer.to_pylist()[0][f"probability_{label}"] for label in "lmsx") == pytest.approx(1.0)
        assert workspace.report("sizes").exists()
        assert workspace.report("charges").exists()


def test_a_declaration_that_cannot_run_says_so_before_anything_is_collected(tmp_path: Path, declare: Declare) -> None:
    with Workspace(tmp_path / "space") as workspace:
        with pytest.raises(SpecError, match="did you mean 'call'"):
            workspace.run(declare(rest=GAINS % ", rules: [{if: 'tenure < 3', then: cal}]"))
        assert workspace.lake.tables() == []
