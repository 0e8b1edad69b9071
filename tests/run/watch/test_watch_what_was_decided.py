"""From decisions and outcomes to alerts that are told: the journal is looked at, the evidence is left, the messages stand in the outbox."""

import csv
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from mainspring import Workspace
from mainspring.backends.store.tables import REFERENCES
from mainspring.errors import Busy, NotFound, SpecError
from mainspring.run.watch.order import watch


def decide(space: Workspace, rows: list[dict]) -> None:
    space.decide("churn", [{name: value for name, value in row.items() if name != "churn"} for row in rows])


def hear(space: Workspace, rows: list[dict]) -> None:
    space.feedback("churn", [{"customer": row["customer"], "churn": row["churn"]} for row in rows])


def marks(seen: dict) -> dict[str, str]:
    return {f"{found['kind']}:{found['subject']}": found["severity"] for found in seen["findings"]}


def test_nothing_was_decided_yet(space: Workspace) -> None:
    seen = space.watching.look("churn")
    assert (seen["rows"], seen["findings"]) == (0, [])
    assert space.alerts.list(all=True) == []


def test_the_same_world_raises_no_alert(customers, space: Workspace) -> None:
    rows = customers(500, 2, first=5000)
    decide(space, rows)
    hear(space, rows)
    seen = space.watching.look("churn")
    assert (seen["rows"], seen["outcomes"], seen["findings"]) == (500, 500, [])
    assert seen["service"]["decisions"] == 0  # what this process counts is kept when its minute is over
    assert space.actions.list(state="waiting") == [] or all(a["action"] == "offer" for a in space.actions.list())


def test_a_flipped_rule_is_told_with_its_money_its_picture_and_its_rows(
    customers, space: Workspace, tmp_path: Path
) -> None:
    rows = customers(500, 3, first=5000, flipped=True)
    decide(space, rows)
    hear(space, rows)
    seen = space.watching.look("churn")
    assert marks(seen)["performance:outcomes"] == "critical", seen["findings"]
    assert seen["loss"]["basis"] == "outcomes"
    (alert,) = [a for a in space.alerts.list() if a["mark"] == "performance:outcomes"]
    assert "learning anew costs 100 (declared)" in alert["what"]
    assert alert["facts"]["loss"]["a_day"] > 100
    picture, table = (tmp_path / "space" / file for file in alert["facts"]["files"])
    assert picture.read_bytes().startswith(b"\x89PNG")
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 20
    (sent,) = [a for a in space.actions.list("churn") if a["action"] == "alert" and a["subject"] == alert["id"]]
    assert sent["state"] == "waiting"


def test_missing_values_are_told_with_rows_that_miss_them(customers, space: Workspace, tmp_path: Path) -> None:
    decide(space, customers(400, 4, first=5000, gaps=0.4))
    assert marks(space.watching.look("churn"))["quality:missing"] == "warning"
    (alert,) = [a for a in space.alerts.list() if a["mark"] == "quality:missing"]
    with (tmp_path / "space" / alert["facts"]["files"][1]).open(encoding="utf-8-sig", newline="") as file:
        assert {row["tenure"] for row in csv.DictReader(file)} == {""}


def test_a_look_at_the_same_rows_is_not_another_one(customers, space: Workspace) -> None:
    decide(space, customers(400, 4, first=5000, gaps=0.4))
    for _ in range(3):
        space.watching.look("churn")
    (alert,) = [a for a in space.alerts.list() if a["mark"] == "quality:missing"]
    assert alert["history"] == "1"
    assert len(space.watching.recent("churn")) == 3


def test_someone_sees_to_it_or_wants_to_hear_nothing(customers, space: Workspace) -> None:
    decide(space, customers(400, 4, first=5000, gaps=0.4))
    space.watching.look("churn")
    id = space.alerts.list()[0]["id"]
    assert space.alerts.acknowledge(id, "a new form")["state"] == "acknowledged"
    muted = datetime.fromisoformat(str(space.alerts.mute(id, "2d")["muted_until"]))
    assert muted - datetime.now(UTC) > timedelta(hours=47)
    assert space.alerts.mute(id, None)["muted_until"] is None
    for wrong in ("soon", "-1d", "99999999999d"):
        with pytest.raises(SpecError):
            space.alerts.mute(id, wrong)
    with pytest.raises(NotFound):
        space.alerts.mute("nonsense", "1d")


def test_outcomes_that_are_not_final_are_not_judged(customers, space: Workspace) -> None:
    """Half of the outcomes took two days; with those of the first minutes alone the judgement would be of a rash half."""
    rows = customers(500, 3, first=5000, flipped=True)
    decide(space, rows)
    late = datetime.now(UTC) + timedelta(days=2)
    space._backends.feedback.add("churn", [{"key": r["customer"], "outcome": r["churn"], "at": late} for r in rows])
    assert space.watching.look("churn")["outcomes"] == 0
    backends, desk = space._backends, space._front.desk("churn")
    later = datetime.now(UTC) + timedelta(days=2, hours=1)
    assert watch(desk, backends, later)["outcomes"] == 500


def test_rows_of_a_table_are_looked_at_and_nothing_is_kept(customers, space: Workspace) -> None:
    rows = customers(500, 3, first=5000, flipped=True)
    seen = space.watching.rows("churn", pa.Table.from_pylist(rows))
    assert marks(seen)["performance:outcomes"] == "warning"
    without = space.watching.rows(
        "churn", pa.Table.from_pylist([{k: v for k, v in r.items() if k != "churn"} for r in rows])
    )
    assert without["outcomes"] == 0
    assert space.watching.recent("churn") == space.alerts.list(all=True) == []


@pytest.mark.parametrize("rows", [
    pa.table({"tenure": []}), pa.table({"nothing": ["x"] * 300}), pa.table({"tenure": ["much"] * 300, "contract": [None] * 300}),
])  # fmt: skip
def test_odd_tables_are_looked_at_too(space: Workspace, rows: pa.Table) -> None:
    seen = space.watching.rows("churn", rows)
    assert seen["rows"] == len(rows)
    json.dumps(seen)


def test_a_version_of_an_earlier_release_gets_its_reference_at_the_first_look(customers, space: Workspace) -> None:
    with space._backends.database.writing() as connection:
        assert connection.execute(REFERENCES.delete()).rowcount == 1
    decide(space, customers(300, 2, first=5000))
    assert space.watching.look("churn")["performance"]["reference"]
    assert space._backends.looks.reference("churn", 1) is not None


def test_one_process_looks_at_a_time(customers, space: Workspace) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with space._backends.database.alone("watch:churn"):
            entered.set()
            leave.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    entered.wait(30)
    try:
        with pytest.raises(Busy):
            space.watching.look("churn")
        space.watching._began -= timedelta(hours=2)
        assert space.watching.due() == []
    finally:
        leave.set()
        other.join()
    assert space.watching.due() == ["churn"]
    assert space.watching.due() == []


def test_how_decisions_were_served_is_kept_for_the_next_look(customers, learned: Path, space: Workspace) -> None:
    place = space._backends.settings.place
    with Workspace(place) as other:
        decide(other, customers(60, 2, first=5000))
        with pytest.raises(Exception, match="tenure"):
            other.decide("churn", {"customer": "x", "tenure": "much"})
    served = space.watching.look("churn")["service"]
    assert (served["decisions"], served["refused"], served["errors"]) == (60, 1, 0)
    assert 0 < served["p95"] < 60


def test_what_nobody_knows_cannot_be_looked_at(space: Workspace) -> None:
    with pytest.raises(NotFound):
        space.watching.look("nonsense")
