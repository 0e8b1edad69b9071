from datetime import UTC, date, datetime

from mainspring.backends.store.cursors import Cursors
from mainspring.backends.store.database import Database
from mainspring.backends.store.runs import Runs


def test_an_interrupted_run_goes_on_where_it_was(database: Database) -> None:
    runs = Runs(database)
    run = runs.start("retention", "abc", facts={"file": "retention.yaml"})
    again = runs.start("retention", "abc")
    assert (again.id, again.resumed, run.resumed) == (run.id, True, False)
    runs.finish(again.id)
    assert runs.start("retention", "abc").id != run.id, "a finished run is not resumed"


def test_a_failed_run_goes_on_too(database: Database) -> None:
    runs = Runs(database)
    run = runs.start("retention", "abc")
    runs.fail(run.id, "the disk is full")
    assert [(found.state, found.error) for found in runs.list("retention")] == [("failed", "the disk is full")]
    again = runs.start("retention", "abc")
    assert (again.id, again.state, again.error) == (run.id, "running", "")


def test_a_changed_or_fresh_run_starts_anew(database: Database) -> None:
    runs = Runs(database)
    first = runs.start("retention", "abc")
    second = runs.start("retention", "abd")
    third = runs.start("retention", "abd", fresh=True)
    assert len({first.id, second.id, third.id}) == 3
    assert [run.state for run in runs.list("retention")] == ["running", "abandoned", "abandoned"]
    assert runs.start("welcome", "abd").id not in {first.id, second.id, third.id}
    assert runs.automations() == ["retention", "welcome"]
    latest = runs.latest("retention")
    assert latest is not None
    assert latest.id == third.id
    assert runs.latest("nobody") is None


def test_what_deciding_needs_of_a_run_is_kept_once(database: Database) -> None:
    runs = Runs(database)
    run = runs.start("retention", "abc")
    assert runs.kept(run.id, "register") is None
    runs.keep(run.id, "register", {"until": date(2026, 3, 1)})
    runs.keep(run.id, "register", {"until": date(2026, 3, 2)})
    assert runs.kept(run.id, "register") == {"until": date(2026, 3, 1)}


def test_a_cancelled_run_is_gone_on_with_by_name_only(database: Database) -> None:
    runs = Runs(database)
    run = runs.start("retention", "abc")
    runs.cancel(run.id)
    assert runs.start("retention", "abc").id != run.id
    runs.go_on(run.id)
    runs.finish(run.id)
    runs.cancel(run.id)
    known = runs.get(run.id)
    assert known is not None
    assert known.state == "finished", "what has ended is not cancelled"
    assert runs.get("nobody") is None


def test_a_run_gets_the_id_it_is_given_once(database: Database) -> None:
    runs = Runs(database)
    first = runs.start("retention", "abc", fresh=True, new_id="r1")
    assert (first.id, first.resumed) == ("r1", False)
    again = runs.start("retention", "abc", fresh=True, new_id="r1")
    assert (again.id, again.resumed) == ("r1", True)


def test_a_cursor_keeps_its_kind(database: Database) -> None:
    cursors = Cursors(database)
    for value in (7, "2026-03", 1.5, date(2026, 3, 1), datetime(2026, 3, 1, 12, 30, tzinfo=UTC)):
        cursors.set("retention", value)
        assert cursors.get("retention") == value
    assert cursors.get("welcome") is None
    cursors.forget("retention")
    assert cursors.get("retention") is None
