import itertools
import json
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.lake import Lake
from mainspring.backends.store.outbox import Outbox
from mainspring.decision import Decision, Reason

Made = Callable[..., Decision]
TODAY = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_decision_comes_back_as_it_was(database: Database, decided: Made) -> None:
    journal = Decisions(database)
    reasons = (Reason("rule", "因为合同"), Reason("feature", "short tenure", "tenure", -0.25))
    record = {"born": date(1980, 2, 29), "seen": TODAY, "paid": Decimal("12.30"), "name": "Ærø\0\ud800", "none": None}
    told = decided("d1", reasons=reasons, record=record, occasion="2026-03", gain=None)
    journal.record("retention", [told])
    assert journal.find("d1") == told
    assert journal.find("d2") is None


@pytest.mark.parametrize("coverage", [{"lower": -1.5, "upper": None}, {"set": ["no", "yes"]}, {"set": [1, 2]}, {}])
def test_the_interval_or_set_comes_back_too(database: Database, decided: Made, lake: Lake, coverage: dict) -> None:
    journal = Decisions(database)
    told = decided("d1", coverage=coverage)
    journal.record("retention", [told])
    assert journal.find("d1") == told
    assert journal.archive("retention", lake) == 1
    kept = lake.read("retention.decisions")["coverage"].to_pylist()[0]
    assert (kept is None) if not coverage else (json.loads(kept) == coverage)


def test_times_are_kept_in_utc(database: Database, decided: Made) -> None:
    shanghai = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    journal = Decisions(database)
    journal.record("retention", [decided("d1", at=shanghai)])
    found = journal.find("d1")
    assert found is not None
    assert found.at == shanghai
    assert found.at.utcoffset() == timedelta(0)


def test_a_repeated_decision_is_answered_as_before_and_acts_once(database: Database, decided: Made, offer) -> None:
    journal, outbox = Decisions(database), Outbox(database)
    first = decided("d1")
    assert journal.record("retention", [first], [offer(first)]).new == {"d1"}
    again, other = replace(first, action="none", gain=0.0), decided("d2")
    recorded = journal.record("retention", [again, other, again], [offer(again), offer(other)])
    assert recorded.new == {"d2"}
    assert recorded.decisions == (first, other, first)
    assert sorted(entry.id for entry in outbox.list("retention")) == ["d1", "d2"]
    assert journal.counts("retention") == {"offer": 2}


def test_capacity_is_granted_until_it_is_used_up(database: Database) -> None:
    journal = Decisions(database)
    with journal.transaction("retention") as recording:
        assert [recording.reserve(TODAY, wanted, 5) for wanted in (3, 4, 1)] == [3, 2, 0]
    with journal.transaction("retention") as recording:
        assert recording.reserve(TODAY, 1, 5) == 0
        assert recording.reserve(TODAY + timedelta(days=1), 1, 5) == 1
        assert recording.reserve(TODAY, 9, 6) == 1, "a raised limit has room again"
    with journal.transaction("welcome") as recording:
        assert recording.reserve(TODAY, 9, 5) == 5, "another automation has its own"
    assert journal.used("retention", TODAY) == 6


def test_what_fails_uses_no_capacity_and_leaves_no_decision(database: Database, decided: Made, offer) -> None:
    journal = Decisions(database)

    def fail_halfway() -> None:
        with journal.transaction("retention") as recording:
            recording.reserve(TODAY, 1, 5)
            recording.record([decided("d1")], [offer(decided("d1"))])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert journal.find("d1") is None
    assert journal.used("retention", TODAY) == 0
    assert Outbox(database).list() == []


DECIDE = """
import sys
from datetime import UTC, datetime
from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.decision import Decision
who, today = sys.argv[2], datetime(2026, 3, 1, tzinfo=UTC)
journal = Decisions(Database(sys.argv[1]))
granted = 0
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    with journal.transaction("retention") as recording:
        granted += recording.reserve(today, 1, 50)
        recording.record([Decision(f"{who}-{number}", "retention", None, "offer", today, {})])
        recording.record([Decision(f"both-{number}", "retention", None, "offer", today, {})])
print(granted, flush=True)
"""


def test_processes_that_decide_at_once_share_the_capacity(database: Database, database_url: str, child) -> None:
    both = [child(DECIDE, database_url, who) for who in ("one", "two")]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sum(int(process.stdout.readline()) for process in both) == 50
    journal = Decisions(database)
    assert journal.used("retention", TODAY) == 50
    assert journal.counts("retention") == {"offer": 120}


STOP_HALFWAY = """
import sys
from datetime import UTC, datetime
from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.decision import Decision
today = datetime(2026, 3, 1, tzinfo=UTC)
with Decisions(Database(sys.argv[1])).transaction("retention") as recording:
    recording.reserve(today, 3, 5)
    recording.record([Decision("half", "retention", None, "offer", today, {})])
    print("halfway", flush=True)
    sys.stdin.readline()
"""


def test_a_killed_process_leaves_nothing_half_done(database: Database, database_url: str, child, decided: Made) -> None:
    journal = Decisions(database)
    journal.record("retention", [decided("before")])
    halfway = child(STOP_HALFWAY, database_url)
    assert halfway.stdout.readline() == "halfway\n"
    halfway.send_signal(signal.SIGKILL)
    halfway.wait()
    journal.record("retention", [decided("after")])
    assert [decision.id for decision in journal.recent("retention")] == ["after", "before"]
    assert journal.used("retention", TODAY) == 0


def test_looking_back(database: Database, decided: Made) -> None:
    journal = Decisions(database)
    later = TODAY + timedelta(days=3)
    journal.record(
        "retention",
        [decided("d1", key="A"), decided("d2", key="B", action="none"), decided("d3", key="A", at=later)],
    )
    assert [d.id for d in journal.recent("retention")] == ["d3", "d2", "d1"]
    assert [d.id for d in journal.recent("retention", 1, key="A")] == ["d3"]
    assert [d.id for d in journal.recent("retention", action="none")] == ["d2"]
    assert [d.id for d in journal.recent("retention", since=later)] == ["d3"]
    assert journal.recent("welcome") == []
    assert journal.latest("retention", ["A", "B", "C"]) == {"A": "d3", "B": "d2"}


def test_archiving_brings_each_decision_to_the_lake_once(database: Database, lake: Lake, decided: Made) -> None:
    journal = Decisions(database)
    assert journal.archive("retention", lake) == 0
    journal.record("retention", [decided("d1"), decided("d2", prediction=None, model_version=None)])
    assert journal.archive("retention", lake) == 2
    assert journal.archive("retention", lake) == 0
    journal.record("retention", [decided("d3", prediction=3.5, probabilities={})])
    assert journal.archive("retention", lake) == 1
    rows = lake.sql("select id, prediction, model_version from retention.decisions order by number").to_pylist()
    assert [tuple(row.values()) for row in rows] == [("d1", "Yes", 1), ("d2", None, None), ("d3", "3.5", 1)]


NUMBERS = itertools.count()
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(record=st.dictionaries(st.text(), values, max_size=4), key=st.none() | st.text(alphabet=st.characters()))
def test_any_record_can_be_kept(database: Database, decided: Made, record: dict, key: str | None) -> None:
    journal = Decisions(database)
    decision = decided(f"d{next(NUMBERS)}", record=record, key=key)
    journal.record("retention", [decision])
    found = journal.find(decision.id)
    assert found is not None
    assert found.record == record
    assert key is None or journal.latest("retention", [key])


def test_a_very_long_key_is_found_again(database: Database, decided: Made) -> None:
    key = "K" * 100_000
    Decisions(database).record("retention", [decided("d1", key=key)])
    assert Decisions(database).latest("retention", [key]) == {key: "d1"}


def test_ten_thousand_decisions_at_once(database: Database, decided: Made, offer) -> None:
    journal = Decisions(database)
    many = [decided(f"{number:032x}") for number in range(10_000)]
    assert len(journal.record("retention", many, map(offer, many)).new) == 10_000
    assert journal.record("retention", many, map(offer, many)).new == frozenset()
    assert Outbox(database).counts() == {"waiting": 10_000}
