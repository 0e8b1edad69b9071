"""Looks, references, alerts and counts of service come back as they went, in every database."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from mainspring.backends.store.audit import Audit
from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.feedback import Feedback
from mainspring.backends.store.outbox import Action, Outbox
from mainspring.backends.store.tables import LOOKS
from mainspring.backends.store.watching import looks as looks_room
from mainspring.backends.store.watching.alerts import Alert, Alerts
from mainspring.backends.store.watching.journal import Journal, Wanted
from mainspring.backends.store.watching.looks import Looks, PastLook
from mainspring.backends.store.watching.service import KEPT, ServiceRecords
from mainspring.errors import NotFound
from mainspring.event import Event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOST = Alert(
    "retention", "drift:features", "warning", "open", "tenure moved\0", {"columns": ["tenure"]}, "0101", NOON, NOON
)


def kept(database: Database, *alerts: Alert) -> Alerts:
    with Alerts(database).changing("retention") as alerting:
        for alert in alerts:
            alerting.keep(alert)
    return Alerts(database)


def test_an_alert_comes_back_as_it_was(database: Database) -> None:
    alerts = kept(database, LOST, replace(LOST, severity="critical"))
    assert alerts.list() == [replace(LOST, severity="critical", what="tenure moved\\x00")]
    assert alerts.list("another") == []


def test_only_standing_alerts_are_listed_unless_all_are_asked_for(database: Database) -> None:
    alerts = kept(
        database, LOST, replace(LOST, mark="b:c", state="pending"), replace(LOST, mark="d:e", state="resolved")
    )
    assert [alert.mark for alert in alerts.list()] == [LOST.mark]
    assert len(alerts.list(all=True)) == 3


def test_someone_takes_an_alert_on(database: Database) -> None:
    alerts = kept(database, LOST)
    assert alerts.acknowledge(LOST.id, by="me", why="looking").state == "acknowledged"
    (entry,) = Audit(database).recent("retention")
    assert (entry["what"], entry["by"], entry["facts"]["why"]) == ("acknowledged an alert", "me", "looking")
    with pytest.raises(NotFound, match="nonsense"):
        alerts.acknowledge("nonsense", by="me")


def test_what_is_over_cannot_be_taken_on_but_can_be_muted(database: Database) -> None:
    alerts = kept(database, replace(LOST, state="resolved"))
    with pytest.raises(NotFound):
        alerts.acknowledge(LOST.id, by="me")
    assert alerts.mute(LOST.id, NOON, by="me").muted_until == NOON
    assert alerts.mute(LOST.id, None, by="me").muted_until is None


def test_an_alert_and_what_is_sent_of_it_are_one_transaction(database: Database) -> None:
    action = Action(Event("e1", "/", "t", NOON, {}), "alert", {"webhook": "https://x"})

    def change_and_fail() -> None:
        with Alerts(database).changing("retention") as alerting:
            alerting.keep(LOST)
            alerting.send(action)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert Alerts(database).list(all=True) == []
    assert Outbox(database).list() == []


def test_many_change_the_alerts_of_one_automation_one_after_another(database: Database) -> None:
    alerts = kept(database, replace(LOST, history=""))

    def add() -> None:
        with alerts.changing("retention") as alerting:
            found = alerting.all()[LOST.mark]
            alerting.keep(replace(found, history=found.history + "1"))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert alerts.list()[0].history == "1" * 8


def test_the_last_looks_are_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks_room, "KEPT", 3)
    looks = Looks(database)
    for number in range(6):
        looks.add(PastLook("retention", NOON + timedelta(hours=number), 1, number, {"rows": number}))
    assert [past.newest for past in looks.recent("retention", 10)] == [5, 4, 3]
    with database.reading() as connection:
        assert len(connection.execute(select(LOOKS)).all()) == 3


def test_the_first_reference_of_a_version_stays(database: Database) -> None:
    looks = Looks(database)
    assert looks.reference("retention", 1) is None
    looks.keep_reference("retention", 1, {"rows": 1})
    looks.keep_reference("retention", 1, {"rows": 2})
    assert looks.reference("retention", 1) == {"rows": 1}


def test_counts_of_service_are_kept_for_a_while(database: Database) -> None:
    service = ServiceRecords(database)
    service.add("retention", NOON - KEPT * 2, "p1", {"decisions": 1})
    service.add("retention", NOON, "p1", {"decisions": 2})
    service.add("retention", NOON, "p2", {"decisions": 3})
    assert sorted(c["decisions"] for c in service.since("retention", NOON - KEPT * 3)) == [2, 3]


def test_the_journal_counts_by_time_and_knows_what_came_of_decisions(database: Database, decided) -> None:
    made = [decided(str(n), at=NOON + timedelta(hours=n), model_version=1 + (n > 3)) for n in range(6)]
    Decisions(database).record("retention", made)
    Feedback(database).add(
        "retention", [{"decision_id": str(n), "outcome": "Yes", "at": NOON + timedelta(hours=n + 2)} for n in (1, 2, 5)]
    )
    journal = Journal(database)
    assert journal.newest("retention") == (6, NOON + timedelta(hours=5))
    assert journal.first("retention") == NOON
    assert journal.counts("retention", [NOON + timedelta(hours=h) for h in (0, 2, 5, 9)]) == [2, 3, 1]
    assert journal.counts("retention", [NOON]) == []
    assert journal.delays("retention", NOON) == [7200.0] * 3
    wanted = Wanted(1, NOON, NOON + timedelta(days=1), 10)
    assert [known.id for known in journal.known("retention", wanted)] == ["1", "2"]
    assert [known.id for known in journal.known("retention", replace(wanted, limit=1))] == ["2"]
    assert journal.known("retention", wanted)[0].outcome == "Yes"
    silent = journal.known("retention", replace(wanted, silent=True))
    assert [(known.id, known.heard) for known in silent] == [("0", False), ("1", True), ("2", True), ("3", False)]
    assert journal.newest("another") is journal.first("another") is None


def test_what_is_known_so_far_counts_only_where_it_is_asked_for(database: Database, decided) -> None:
    Decisions(database).record("retention", [decided("1"), decided("2")])
    told = [{"decision_id": "1", "outcome": "Yes", "partial": True}, {"decision_id": "2", "outcome": "No", "gain": 7.5}]
    Feedback(database).add("retention", told)
    journal, wanted = Journal(database), Wanted(1, NOON, NOON + timedelta(days=1), 10)
    assert [(known.id, known.earned) for known in journal.known("retention", wanted)] == [("2", 7.5)]
    assert [known.id for known in journal.known("retention", replace(wanted, partial=True))] == ["1", "2"]
