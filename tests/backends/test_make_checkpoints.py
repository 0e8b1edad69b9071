"""What was committed goes into the file beside those who commit."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from mainspring.backends.bus.embedded import Embedded
from mainspring.backends.checkpoints import LONG, SHORT
from mainspring.backends.store.database import Database
from mainspring.event import Event

PAGE = 4_096
PATIENCE = 30.0
MUCH = SHORT + 100 * PAGE


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "records.db"


@pytest.fixture
def database(place: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{place}")
    yield opened
    opened.close()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def alone(file: Path) -> sqlite3.Connection:
    """The file as it is, without its log."""
    copy = file.with_name("alone.db")
    shutil.copy(file, copy)
    return sqlite3.connect(copy)


def threads_of(file: Path) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"checkpoints of {file}"]


def write(database: Database, value: int, bytes: int = 10) -> None:
    with database.writing() as connection:
        connection.execute(text("create table if not exists told (value integer, filling blob)"))
        connection.execute(text("insert into told values (:value, zeroblob(:bytes))"), {"value": value, "bytes": bytes})


def values_in(file: Path) -> list[int]:
    # A copy that was taken while something was written is torn, and none may be there yet.
    with suppress(sqlite3.DatabaseError), closing(alone(file)) as copy:
        return [value for (value,) in copy.execute("select value from told order by value")]
    return []


def test_what_is_committed_soon_stands_in_the_file_itself(database: Database, place: Path) -> None:
    write(database, 1, MUCH)
    until(lambda: values_in(place) == [1])
    write(database, 2)
    until(lambda: values_in(place) == [1, 2])


def test_a_short_log_is_not_worth_waking_the_disk_for(database: Database, place: Path) -> None:
    write(database, 1)
    time.sleep(1.0)
    assert values_in(place) == []
    database.close()
    assert values_in(place) == [1]


def test_events_too(tmp_path: Path) -> None:
    file = tmp_path / "bus.db"
    bus = Embedded(f"sqlite:///{file}")
    filling = "x" * 100_000
    for number in range(MUCH // len(filling) + 1):
        bus.publish("visits", [Event(f"{number}", "here", "visit", datetime.now(UTC), {"filling": filling})])

    def published() -> int:
        with suppress(sqlite3.DatabaseError), closing(alone(file)) as copy:
            return copy.execute("select count(*) from events").fetchone()[0]
        return 0

    until(lambda: published() == MUCH // len(filling) + 1)
    bus.close()
    assert threads_of(file) == []


def test_the_log_begins_anew_while_somebody_commits_at_every_moment(database: Database, place: Path) -> None:
    log, lengths = place.with_name("records.db-wal"), list[int]()
    for value in range(800):
        write(database, value, 50 * PAGE)
        lengths.append(log.stat().st_size)
        time.sleep(0.003)
    assert lengths[0] < max(lengths) < 2 * LONG * PAGE < 800 * 50 * PAGE
    with database.reading() as connection:
        assert connection.scalar(text("select count(*) from told")) == 800


def test_a_reader_keeps_what_it_saw_and_hinders_nobody(database: Database, place: Path) -> None:
    write(database, 1)
    with database.snapshot() as connection:
        assert connection.scalar(text("select count(*) from told")) == 1
        for value in range(2, 2 + LONG // 100 + 20):
            write(database, value, 100 * PAGE)
        time.sleep(1.0)
        assert connection.scalar(text("select count(*) from told")) == 1
    write(database, 0)
    until(lambda: len(values_in(place)) == LONG // 100 + 22)


def test_nobody_who_only_reads_starts_it_and_closing_ends_it(place: Path) -> None:
    Database(f"sqlite:///{place}").close()
    database = Database(f"sqlite:///{place}")
    with database.reading() as connection:
        connection.execute(text("select 1"))
    assert threads_of(place) == []
    write(database, 1)
    assert len(threads_of(place)) == 1
    database.close()
    assert threads_of(place) == []
    assert not place.with_name("records.db-wal").exists(), "who closed last left no log"
    database.close()


def test_a_file_that_is_gone_ends_nothing(database: Database, place: Path, tmp_path: Path) -> None:
    write(database, 1, MUCH)
    until(lambda: values_in(place) == [1])
    for file in (file for file in tmp_path.glob("records.db*") if file.is_file()):
        file.rename(file.with_name(f"moved-{file.name}"))
    write(database, 2)
    time.sleep(1.0)
    assert len(threads_of(place)) == 1
    with database.reading() as connection:
        assert connection.scalar(text("select count(*) from told")) == 2
