"""A decision is made again from what was kept of it, to the last bit; what differs is named."""

import json
import sqlite3
from pathlib import Path

import pytest

from mainspring import Automation, Workspace
from mainspring.errors import NotFound

from .conftest import customers


def ids(workspace: Workspace, rows: object, **options: object) -> list[str]:
    return workspace.decide("retention", rows, **options)["decision"].to_pylist()  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("reasons", [True, False])
def test_decisions_of_one_and_of_many_come_out_the_same(workspace: Workspace, reasons: bool) -> None:
    people = customers(60)
    made = ids(workspace, people, reasons=reasons)
    made += [ids(workspace, person, occasion="alone", reasons=reasons)[0] for person in people]
    told = [workspace.replay(id) for id in made]
    assert [one["differences"] for one in told] == [[]] * 120
    assert all(one["same"] for one in told)


def test_a_receipt_says_what_it_was_made_of(workspace: Workspace) -> None:
    people = [
        {"customer": "A", "tenure": 1, "contract": "Month-to-month", "charges": 100.0},
        {"customer": "B", "tenure": 60, "contract": "Two year", "charges": 30.0},
        {"customer": "C", "tenure": 70, "contract": "One year", "charges": 25.0},
    ]
    receipts = [workspace.explain("retention", id)["receipt"] for id in ids(workspace, people)]
    assert [receipt["codes"][0] for receipt in receipts] == ["threshold.reached", "rule.before.1", "threshold.below"]
    assert any(code.startswith("feature.tenure.") for code in receipts[0]["codes"])
    assert receipts[0]["model"] == workspace.models.list("retention")[0].hash
    assert receipts[0]["data"] == f"retention.clean@{workspace.lake.history('retention.clean')[0]['version']}"
    assert receipts[1]["features"] is None, "a rule decided, the model was not asked"
    assert len({receipt["input"] for receipt in receipts}) == 3
    assert len({receipt["rules"] for receipt in receipts}) == 1


def test_an_older_version_is_the_one_that_is_asked(workspace: Workspace, learned: Path) -> None:
    (made,) = ids(workspace, customers(1))
    workspace.run(learned.parent / "retention.yaml", fresh=True)
    assert [version.version for version in workspace.models.list("retention")] == [1, 2]
    assert workspace.replay(made)["same"]
    assert workspace.replay(made)["model_version"] == 1


def test_what_was_changed_afterwards_is_named(workspace: Workspace, space: Path) -> None:
    (made,) = ids(workspace, {"customer": "A", "tenure": 1, "contract": "Month-to-month", "charges": 100.0})
    with sqlite3.connect(space / "mainspring.db") as database:
        database.execute("update decisions set record = replace(record, '100.0', '99.0'), action = 'none'")
    database.close()
    told = workspace.replay(made)
    assert not told["same"]
    differing = {one["what"]: one for one in told["differences"]}
    assert {"id", "input", "features", "probabilities", "action"} <= set(differing)
    assert (differing["action"]["kept"], differing["action"]["now"]) == ("none", "offer")


def test_a_model_that_was_tampered_with_is_not_asked(workspace: Workspace, space: Path) -> None:
    (made,) = ids(workspace, customers(1))
    card = space / "models" / "retention" / "1" / "card.json"
    card.write_text(card.read_text(encoding="utf-8") + " ", encoding="utf-8")
    told = workspace.replay(made)
    assert not told["same"]
    assert [one["what"] for one in told["differences"]] == ["model"]
    assert "changed" in told["differences"][0]["now"]


def test_a_decision_of_an_earlier_release_has_no_receipt(workspace: Workspace, space: Path) -> None:
    made = ids(workspace, customers(20))
    with sqlite3.connect(space / "mainspring.db") as database:
        database.execute("update decisions set receipt = null")
        for id, text in database.execute("select id, reasons from decisions").fetchall():
            old = [{name: value for name, value in one.items() if name != "code"} for one in json.loads(text)]
            database.execute("update decisions set reasons = ? where id = ?", (json.dumps(old), id))
    database.close()
    told = [workspace.replay(id) for id in made]
    assert all(one["same"] and one["receipt"] is None for one in told)


def test_what_capacity_held_back_is_held_back_again(tmp_path: Path, learned: Path) -> None:
    automation = Automation.from_file(learned.parent / "retention.yaml")
    assert automation.decide is not None
    plain = automation.model_dump(mode="json", by_alias=True)
    plain["decide"] |= {"capacity": "2 per week", "on_error": "none"}
    plain["source"]["table"] = str(learned.parent / "customers.csv")
    with Workspace(tmp_path / "limited") as workspace:
        workspace.run(Automation.model_validate(plain))
        made = ids(workspace, [*customers(30), {"customer": "odd", "tenure": "soon"}])
        told = [workspace.replay(id) for id in made]
        codes = [one["receipt"]["codes"] for one in told]
    assert all(one["same"] for one in told)
    assert any("capacity.used_up" in of_one for of_one in codes)
    assert codes[-1][0] == "error"


def test_rules_alone_are_replayed_under_the_policy_they_had(tmp_path: Path) -> None:
    (tmp_path / "loans.csv").write_text("loan,income\n1,10\n2,20\n", encoding="utf-8")
    plain = {"name": "retention", "source": {"table": str(tmp_path / "loans.csv"), "key": "loan"}}

    def ruled(limit: int) -> Automation:
        return Automation.model_validate(plain | {"decide": {"rules": [{"if": f"income < {limit}", "then": "refuse"}]}})

    with Workspace(tmp_path / "space") as workspace:
        workspace.run(ruled(15))
        made = ids(workspace, [{"loan": 1, "income": 12}, {"loan": 2, "income": 30}])
        workspace.run(ruled(11))
        made += ids(workspace, {"loan": 1, "income": 12})
        told = [workspace.replay(id) for id in made]
    assert [one["action"] for one in told] == ["refuse", "none", "none"]
    assert all(one["same"] for one in told)


def test_an_unknown_decision_is_told(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="decision"):
        workspace.replay("0" * 32)
