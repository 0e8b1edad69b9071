"""What is decided is summed up beside deciding, by several processes together; watching goes by it, and shows it."""

import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from mainspring import Automation, Workspace
from mainspring.backends.opening import Settings, open_backends
from mainspring.run.watch.serving import sketcher as sketchers
from mainspring.run.watch.serving.summed import summed_up
from mainspring.run.watch.watching import Watching

Customers = Callable[..., list[dict]]
DAY = timedelta(days=1)


def asked(rows: list[dict]) -> list[dict]:
    return [{name: value for name, value in row.items() if name != "churn"} for row in rows]


def marks(seen: dict) -> set[tuple[str, str]]:
    return {(found["kind"], found["subject"]) for found in seen["findings"]}


def look(place: Path) -> dict:
    with Workspace(place) as space:
        return space.watching.look("churn")


def test_what_went_in_and_came_out_is_summed_up_and_shown(
    space: Workspace, customers: Customers, tmp_path: Path
) -> None:
    space.decide("churn", asked(customers(700, 5)))
    space.close()
    seen = look(tmp_path / "space")
    assert seen["by"] == "sketches"
    told = seen["sketches"]["columns"]
    assert {one["rows"] for one in told.values()} == {700}
    assert set(told) >= {
        "customer",
        "tenure",
        "contract",
        "decided.action",
        "decided.prediction",
        "decided.probability_Yes",
    }
    assert sum(one["rows"] for one in told["contract"]["frequent"]) == 700
    assert "frequent" not in told["customer"]
    assert told["customer"]["distinct"] == pytest.approx(700, rel=0.1)
    with Workspace(tmp_path / "space") as again:
        assert again.status("churn")["sketched"]["rows"] == 700


def test_several_processes_are_added_up_and_what_comes_again_counts_once(
    space: Workspace, customers: Customers, tmp_path: Path
) -> None:
    rows = asked(customers(600, 5))
    parts = [rows[:250], rows[200:450], rows[400:]]

    def decide(part: list[dict]) -> None:
        with Workspace(tmp_path / "space") as one:
            one.decide("churn", part)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(decide, parts))
    with open_backends(Settings.read(tmp_path / "space")) as backends:
        now = datetime.now(UTC)
        summed = summed_up(backends, "churn", now - DAY, now)
    assert (summed.rows, summed.journaled) == (600, 600)
    assert summed.columns["tenure"].rows == 600


def test_drift_and_quality_are_told_alike_by_sketches_and_by_the_journal(
    space: Workspace, customers: Customers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = [row | {"tenure": None if n % 5 == 0 else row["tenure"] + 40} for n, row in enumerate(customers(900, 6))]
    space.decide("churn", asked(moved))
    space.close()
    seen = look(tmp_path / "space")
    monkeypatch.setattr("mainspring.run.watch.serving.summed.ENOUGH", 2.0)
    other = look(tmp_path / "space")
    assert (seen["by"], other["by"]) == ("sketches", "journal")
    assert marks(seen) == marks(other) != set()
    one, exact = ({c["column"]: c for c in told["columns"]} for told in (seen, other))
    for name in ("tenure", "contract"):
        assert one[name]["drifted"] == exact[name]["drifted"]
        assert one[name]["distance"] == pytest.approx(exact[name]["distance"], abs=0.03)
    assert {q["column"]: q["missing"] for q in seen["quality"]} == {q["column"]: q["missing"] for q in other["quality"]}


def test_nothing_to_alarm_of_alarms_nobody_by_sketches_either(
    space: Workspace, customers: Customers, tmp_path: Path
) -> None:
    space.decide("churn", asked(customers(1_500, 7)))
    space.close()
    seen = look(tmp_path / "space")
    assert (seen["by"], seen["findings"]) == ("sketches", [])


def test_where_sketches_lack_rows_the_journal_is_looked_at(
    space: Workspace, customers: Customers, tmp_path: Path
) -> None:
    with Workspace(tmp_path / "space") as first:
        first.decide("churn", asked(customers(300, 8)))
    space.decide("churn", asked(customers(300, 9, first=1000)))  # as if killed before it told anything
    seen = Watching(space._backends, space._front.desk).look("churn")
    assert (seen["by"], seen["rows"], seen["sketches"]["rows"]) == ("journal", 600, 300)


def test_protected_values_are_summed_up_as_tokens_alone(tmp_path: Path, customers: Customers) -> None:
    rows = [row | {"city": f"Secretville-{n % 3}"} for n, row in enumerate(customers(400, 1))]
    declared = {
        "name": "churn", "source": {"table": "lake:shop.customers", "key": "customer"},
        "prepare": {"protect": {"city": "hash", "customer": "pseudonymise"}},
        "decide": {"rules": [{"if": "tenure < 10", "then": "offer"}]},
    }  # fmt: skip
    with Workspace(tmp_path / "space") as space:
        space.lake.write(
            "shop.customers", pa.Table.from_pylist([row | {"city": "x"} for row in asked(rows)]), mode="overwrite"
        )
        space.run(Automation.model_validate(declared))
        space.decide("churn", asked(rows))
    with open_backends(Settings.read(tmp_path / "space")) as backends:
        now = datetime.now(UTC)
        summed = summed_up(backends, "churn", now - DAY, now)
        (kept,) = [one.sketches for one in backends.sketches.since("churn", now - DAY)]
    assert len(summed.columns["city"].frequent()) == 3
    assert b"Secretville" not in zlib.decompress(kept)
    assert not any("Secretville" in word for word, _ in summed.columns["city"].frequent())


def test_what_cannot_be_sketched_keeps_nobody_from_deciding(
    space: Workspace, customers: Customers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sketchers, "sketch", broken)
    monkeypatch.setattr(sketchers, "MOST", 10)
    assert len(space.decide("churn", asked(customers(50, 2)))) == 50
    space.close()
    assert "cannot be sketched" in caplog.text
