"""The rows that windows may still ask for, and sketches, in SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest

from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.watching.sketches import Sketches, Stretch
from mainspring.backends.store.windows.rows import Kept

MARK, START = "0123456789abcdef", datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def database(database_url: str):
    opened = Database(database_url)
    yield opened
    opened.close()


def rows(count: int, key: str = "a", first: int = 0) -> list[Kept]:
    return [Kept(key, at * 1_000_000, [float(at), "ä\0", None]) for at in range(first, first + count)]


def test_rows_come_back_by_key_in_the_order_of_their_times(database: Database) -> None:
    decisions = Decisions(database)
    with decisions.transaction("fraud") as recording:
        kept = recording.window_rows()
        assert not kept.begun(MARK)
        kept.put(MARK, rows(3)[::-1] + rows(2, "b"))
        kept.put("f" * 16, rows(1))
    with decisions.transaction("fraud") as recording:
        kept = recording.window_rows()
        assert kept.begun(MARK)
        assert [row.at for row in kept.of(MARK, ["a", "none"])] == [0, 1_000_000, 2_000_000]
        assert next(iter(kept.of(MARK, ["b"]))).values == [0.0, "ä\0", None]
        assert [row.key for row in kept.since(MARK, 0)] == ["a", "a", "a", "b", "b"]
        assert kept.since(MARK, kept.newest()) == []


def test_what_is_not_committed_is_not_there(database: Database) -> None:
    decisions = Decisions(database)

    def interrupted() -> None:
        with decisions.transaction("fraud") as recording:
            recording.window_rows().begun(MARK)
            recording.window_rows().put(MARK, rows(3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    with decisions.transaction("fraud") as recording:
        assert not recording.window_rows().begun(MARK)
        assert list(recording.window_rows().of(MARK, ["a"])) == []


def test_rows_of_keys_that_nobody_asks_about_are_swept_at_the_second_call(database: Database) -> None:
    decisions = Decisions(database)
    later = datetime.now(UTC) + timedelta(days=1)
    with decisions.transaction("fraud") as recording:
        kept = recording.window_rows()
        kept.begun(MARK)
        kept.put(MARK, rows(5))
        kept.sweep(MARK, 3_000_000, datetime.now(UTC) - timedelta(days=1))
        assert len(list(kept.of(MARK, ["a"]))) == 5
        kept.sweep(MARK, 3_000_000, later)
        kept.put(MARK, rows(1, "new"))
        kept.sweep(MARK, 3_000_000, later)
        assert [row.at for row in kept.of(MARK, ["a"])] == [3_000_000, 4_000_000]
        assert len(list(kept.of(MARK, ["new"]))) == 1


def test_numbers_of_deleted_rows_never_come_again(database: Database) -> None:
    with Decisions(database).transaction("fraud") as recording:
        kept = recording.window_rows()
        kept.put(MARK, rows(5))
        newest = kept.newest()
        kept.forget(MARK, "a", 10**12)
        kept.put(MARK, rows(1))
        assert kept.newest() > newest


def test_sketches_of_a_stretch_are_made_one_and_old_ones_let_go(database: Database) -> None:
    sketches = Sketches(database)
    for hour, told in ((0, b"a"), (0, b"b"), (1, b"c")):
        added = Stretch(1, START + timedelta(hours=hour), 2, told)
        sketches.merge("churn", added, lambda one, other: one + other, START - timedelta(days=1))
    found = list(sketches.since("churn", START))
    assert [(one.rows, one.sketches) for one in found] == [(4, b"ab"), (2, b"c")]
    assert sketches.counts("churn") == (6, START)
    assert sketches.counts("other") == (0, None)
    later = Stretch(1, START + timedelta(days=9), 1, b"d")
    sketches.merge("churn", later, lambda one, other: one + other, START + timedelta(days=8))
    assert sketches.counts("churn") == (1, later.start)
