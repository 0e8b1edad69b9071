"""Outcomes come late, twice, contradicting each other, in parts, of whom one knows by key only; each counts when it is known for good."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.errors import BadRecord, SpecError

from .conftest import customers, declare

LEAVING = {"customer": "A", "tenure": 1, "contract": "Month-to-month", "charges": 100.0}
STAYING = {"customer": "B", "tenure": 70, "contract": "One year", "charges": 25.0}
DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose outcomes are known for good after 30 days."""
    folder = tmp_path_factory.mktemp("patient")
    with Workspace(folder / "space") as workspace:
        workspace.run(declare(folder, decide='  feedback: {after: 30 days, otherwise: "No", within: 60 days}'))
    return folder / "space"


@pytest.fixture
def decided(patient: Path, tmp_path: Path) -> Callable[..., tuple[Workspace, list[str]]]:
    """Decisions so many days ago, one a record."""
    opened: list[Workspace] = []

    def made(*rows: tuple[dict, int]) -> tuple[Workspace, list[str]]:
        import shutil

        space = Path(shutil.copytree(patient, tmp_path / f"space{len(opened)}"))
        workspace = Workspace(space)
        opened.append(workspace)
        ids = [
            workspace.decide("retention", row, occasion=str(n))["decision"][0].as_py()
            for n, (row, _) in enumerate(rows)
        ]
        with sqlite3.connect(space / "mainspring.db") as database:
            for id, (_, days) in zip(ids, rows, strict=True):
                at = (datetime.now(UTC) - days * DAY).strftime("%Y-%m-%d %H:%M:%S.%f")
                database.execute("update decisions set at = ? where id = ?", (at, id))
        database.close()
        return workspace, ids

    yield made  # pyright: ignore[reportReturnType]
    for workspace in opened:
        workspace.close()


def told(workspace: Workspace, *rows: dict) -> dict[str, int]:
    return {name: count for name, count in workspace.feedback("retention", list(rows)).items() if count}


def earned(workspace: Workspace) -> dict:
    found = workspace.status("retention")["realised"]
    return {name: found[name] for name in ("outcomes", "waiting", "silent", "assumed")} | {
        "gain": found["mainspring"]["gain"]
    }


def test_a_key_and_a_time_mean_the_decision_before_it(decided) -> None:
    workspace, ids = decided((LEAVING, 50), (LEAVING, 40), (LEAVING, 2))
    at = (datetime.now(UTC) - 20 * DAY).isoformat()
    assert told(workspace, {"customer": "A", "outcome": "Yes", "at": at}) == {"accepted": 1}
    assert [len(workspace.explain("retention", id)["outcomes"]) for id in ids] == [0, 1, 0]
    assert told(workspace, {"customer": "A", "outcome": "No"}) == {"accepted": 1}
    assert [len(workspace.explain("retention", id)["outcomes"]) for id in ids] == [0, 1, 1]


def test_outside_its_window_an_outcome_belongs_to_none(decided) -> None:
    workspace, _ = decided((LEAVING, 100))
    assert told(workspace, {"customer": "A", "outcome": "Yes"}) == {"unknown": 1}
    before = (datetime.now(UTC) - 120 * DAY).isoformat()
    assert told(workspace, {"customer": "A", "outcome": "Yes", "at": before}) == {"unknown": 1}


def test_a_day_means_its_end(decided) -> None:
    workspace, _ = decided((LEAVING, 40))
    day = (datetime.now(UTC) - 40 * DAY).date().isoformat()
    assert told(workspace, {"customer": "A", "outcome": "Yes", "at": day}) == {"accepted": 1}


def test_young_decisions_do_not_count_however_early_they_are_heard_of(decided) -> None:
    workspace, ids = decided((LEAVING, 40), (LEAVING, 5), (STAYING, 5))
    told(workspace, *({"decision": id, "outcome": "Yes"} for id in ids))
    assert earned(workspace) == {"outcomes": 1, "waiting": 2, "silent": 0, "assumed": 0, "gain": 120.0}


def test_of_whom_nothing_is_heard_the_declared_is_assumed_once_it_is_time(decided) -> None:
    workspace, _ = decided((LEAVING, 40), (STAYING, 40), (LEAVING, 5))
    assert earned(workspace) == {"outcomes": 2, "waiting": 1, "silent": 0, "assumed": 2, "gain": -20.0}


def test_what_is_known_so_far_counts_when_it_is_time(decided) -> None:
    workspace, ids = decided((LEAVING, 40), (STAYING, 40))
    told(workspace, {"decision": ids[0], "outcome": "Yes", "partial": True})
    assert earned(workspace)["gain"] == 120.0
    assert told(workspace, {"decision": ids[0], "outcome": "No"}) == {"accepted": 1}
    assert earned(workspace)["gain"] == -20.0
    told(workspace, {"decision": ids[0], "outcome": "Yes", "partial": "true"})
    assert earned(workspace)["gain"] == -20.0, "what is final is not unsaid by what is known so far"


def test_without_maturity_only_what_is_final_counts(workspace: Workspace) -> None:
    (made,) = workspace.decide("retention", LEAVING, occasion="partial")["decision"].to_pylist()
    silent = earned(workspace)["silent"]  # other tests may have decided here before
    told(workspace, {"decision": made, "outcome": "Yes", "partial": True})
    assert earned(workspace) == {"outcomes": 0, "waiting": 0, "silent": silent, "assumed": 0, "gain": 0.0}
    told(workspace, {"decision": made, "outcome": "Yes"})
    assert earned(workspace)["gain"] == 120.0


def test_contradictions_are_counted_and_the_last_word_holds(workspace: Workspace) -> None:
    (made,) = workspace.decide("retention", LEAVING)["decision"].to_pylist()
    at = datetime.now(UTC).isoformat()
    both = [{"decision": made, "outcome": outcome, "at": at} for outcome in ("Yes", "No")]
    assert told(workspace, *both) == {"accepted": 2, "contradictory": 1}
    assert earned(workspace)["gain"] == -20.0
    assert told(workspace, *both) == {"repeated": 2}
    later = {"decision": made, "outcome": "Yes", "at": (datetime.now(UTC) + timedelta(minutes=1)).isoformat()}
    assert told(workspace, later) == {"accepted": 1, "corrected": 1}
    assert earned(workspace)["gain"] == 120.0


def test_money_that_is_told_counts_in_place_of_the_declared_gains(workspace: Workspace) -> None:
    ids = workspace.decide("retention", [LEAVING, STAYING])["decision"].to_pylist()
    told(workspace, {"decision": ids[0], "outcome": "Yes", "gain": 75.5}, {"decision": ids[1], "gain": "-3"})
    assert earned(workspace)["gain"] == 72.5
    assert [word["gain"] for word in workspace.explain("retention", ids[0])["outcomes"]] == [75.5]


@pytest.mark.parametrize(
    ("odd", "field"),
    [
        ({}, "outcome"), ({"outcome": "Perhaps"}, "outcome"), ({"gain": "much"}, "gain"), ({"gain": float("nan")}, "gain"),
        ({"gain": True}, "gain"), ({"outcome": "Yes", "at": "yesterday"}, "at"), ({"outcome": "Yes", "at": 17}, "at"),
        ({"outcome": "Yes", "at": "2100-01-01"}, "at"), ({"outcome": "Yes", "at": "9999-12-31T23:59:59-12:00"}, "at"),
        ({"outcome": "Yes", "partial": "perhaps"}, "partial"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_refuses_all(workspace: Workspace, odd: dict, field: str) -> None:
    (made,) = workspace.decide("retention", LEAVING)["decision"].to_pylist()
    with pytest.raises(BadRecord) as refused:
        workspace.feedback("retention", [{"decision": made, "outcome": "Yes"}, {"decision": made, **odd}])
    assert list(refused.value.fields) == [field]
    assert workspace.status("retention")["outcomes"] == 0


def test_feedback_from_1970_speaks_of_no_decision(workspace: Workspace) -> None:
    workspace.decide("retention", LEAVING)
    assert told(workspace, {"customer": "A", "outcome": "Yes", "at": "1970-01-01"}) == {"unknown": 1}


def test_an_outcome_to_assume_must_be_a_class(tmp_path: Path) -> None:
    with Workspace(tmp_path / "space") as workspace, pytest.raises(SpecError, match="otherwise"):
        workspace.run(declare(tmp_path, decide="  feedback: {after: 30 days, otherwise: Perhaps}"))


def test_many_outcomes_by_key(workspace: Workspace) -> None:
    people = customers(500)
    workspace.decide("retention", people)
    rows = [{"customer": person["customer"], "outcome": "Yes"} for person in people]
    assert told(workspace, *rows) == {"accepted": 500}
    assert told(workspace, *rows, {"customer": "nobody", "outcome": "No"}) == {"repeated": 500, "unknown": 1}
