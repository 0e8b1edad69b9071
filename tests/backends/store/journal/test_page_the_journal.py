"""A journal is gone through page after page, by number: nothing twice, nothing left out, however many automations share it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.journal import pages
from mainspring.backends.store.journal.pages import Pages, Sought
from mainspring.decision import Decision

Made = Callable[..., Decision]
START = datetime(2026, 3, 1, tzinfo=UTC)


def filled(database: Database, decided: Made, count: int = 60) -> Pages:
    journal = Decisions(database)
    for i in range(count):
        for name in ("retention", "offers"):
            action = "offer" if i % 5 == 0 else "none"
            made = decided(f"{name}-{i}", key=f"C{i % 7}", action=action, at=START + timedelta(minutes=i))
            journal.record(name, [replace(made, automation=name)])
    return Pages(database)


def everything(journal: Pages, sought: Sought, limit: int) -> list[str]:
    found: list[str] = []
    before: int | None = None
    for _ in range(1000):
        page = journal.page("retention", sought, before=before, limit=limit)
        found += [decision.id for decision in page.decisions]
        if page.older is None:
            return found
        assert before is None or page.older < before
        before = page.older
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("limit", [1, 7, 60, 500])
def test_every_decision_is_on_one_page(database: Database, decided: Made, limit: int) -> None:
    journal = filled(database, decided)
    assert everything(journal, Sought(), limit) == [f"retention-{i}" for i in range(59, -1, -1)]


@pytest.mark.parametrize("looked_at", [3, 10, 100_000])
def test_what_is_rare_is_found_in_steps(
    database: Database, decided: Made, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LOOKED_AT", looked_at)
    journal = filled(database, decided)
    assert everything(journal, Sought(action="offer"), 4) == [f"retention-{i}" for i in range(55, -1, -5)]
    assert everything(journal, Sought(key="C3"), 4) == [f"retention-{i}" for i in range(59, -1, -7)]
    assert everything(journal, Sought(action="never"), 4) == []


def test_a_stretch_of_time_is_cut_out(database: Database, decided: Made) -> None:
    journal = filled(database, decided)
    between = Sought(start=START + timedelta(minutes=10), end=START + timedelta(minutes=13))
    assert everything(journal, between, 2) == ["retention-12", "retention-11", "retention-10"]
    assert everything(journal, Sought(start=START + timedelta(days=1)), 2) == []
    assert everything(journal, Sought(end=START), 2) == []


def test_an_empty_journal_has_one_empty_page(database: Database) -> None:
    page = Pages(database).page("retention", Sought())
    assert (list(page.decisions), page.older) == ([], None)
    assert Pages(database).since("retention", START) == 0


def test_counting_goes_on_from_where_it_was(database: Database, decided: Made) -> None:
    filled(database, decided, 10)
    journal, other = Decisions(database), Decisions(database)
    assert journal.counts("retention") == {"offer": 2, "none": 8}
    other.record("retention", [decided("late", action="offer")])
    assert journal.counts("retention") == {"offer": 3, "none": 8}
    assert journal.counts("retention") == other.counts("retention")
    assert journal.counts("nobody") == {}
