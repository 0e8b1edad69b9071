"""The journal for people: how many decisions of late, a page of them, and what would be decided."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.errors import BadRecord, NotFound

RULES = """
name: gate
source: {table: visitors.csv, key: visitor}
prepare: {protect: {visitor: pseudonymise}}
decide: {rules: [{if: "age < 18", then: refuse, because: too young}]}
"""


@pytest.fixture
def opened(tmp_path: Path):
    (tmp_path / "visitors.csv").write_text("visitor,age\nV1,17\nV2,30\nV3,44\n", encoding="utf-8")
    (tmp_path / "gate.yaml").write_text(RULES, encoding="utf-8")
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(tmp_path / "gate.yaml")
        yield workspace


def test_the_pulse_counts_today_and_each_hour(opened: Workspace) -> None:
    assert opened.journal.pulse("gate") == {"today": 0, "hours": [0] * 24}
    opened.decide("gate", [{"visitor": f"V{i}", "age": 10 + i} for i in range(12)])
    now = datetime.now(UTC)
    assert sum(opened.journal.pulse("gate", now + timedelta(seconds=1))["hours"]) == 12
    later = opened.journal.pulse("gate", now + timedelta(hours=5))
    assert sum(later["hours"]) == 12
    assert later["hours"][-1] == 0
    opened.decide("gate", [{"visitor": "late", "age": 40}])
    assert sum(opened.journal.pulse("gate", now + timedelta(seconds=1))["hours"]) == 13
    assert sum(opened.journal.pulse("gate", now + timedelta(days=2))["hours"]) == 0


def test_a_protected_key_is_found_by_the_value_people_know(opened: Workspace) -> None:
    opened.decide("gate", [{"visitor": "V1", "age": 17}, {"visitor": "V2", "age": 30}])
    found = opened.journal.page("gate", {"key": "V1"})["decisions"]
    assert [one["action"] for one in found] == ["refuse"]
    assert found[0]["key"] != "V1"
    assert opened.journal.page("gate", {"key": "unheard of"})["decisions"] == []


def test_considering_decides_and_keeps_nothing(opened: Workspace) -> None:
    told = opened.journal.consider("gate", {"age": 12})
    assert (told["action"], told["reasons"][0]["text"]) == ("refuse", "too young")
    assert opened.journal.consider("gate", {"age": 20})["action"] == "none"
    assert opened.status("gate")["decisions"] == 0
    with pytest.raises(BadRecord):
        opened.journal.consider("gate", {"age": "no number"})
    with pytest.raises(NotFound):
        opened.journal.consider("nobody", {})


def test_what_a_record_may_bring(opened: Workspace) -> None:
    assert {one["field"]: (one["kind"], one["protected"]) for one in opened.journal.asks("gate")} == {
        "age": ("number", False), "visitor": ("text", True),
    }  # fmt: skip


def test_an_outcome_is_worth_the_money_that_was_told(opened: Workspace) -> None:
    (id,) = opened.decide("gate", [{"visitor": "V1", "age": 17}])["decision"].to_pylist()
    opened.feedback("gate", [{"decision": id, "outcome": "stayed"}])
    opened.feedback("gate", [{"decision": id, "gain": 12.5}])
    heard = opened.explain("gate", id)["outcomes"]
    assert opened.journal.worth("gate", "refuse", heard) == [None, 12.5]
    assert opened.journal.worth("gate", "refuse", []) == []
    with pytest.raises(NotFound):
        opened.journal.worth("nobody", "refuse", [])
