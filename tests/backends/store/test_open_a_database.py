import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from mainspring.backends.store.audit import Audit
from mainspring.backends.store.cursors import Cursors
from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.tables import HEAD, METADATA
from mainspring.decision import Decision
from mainspring.errors import Busy, SpecError, StoreError


def test_the_migrations_make_the_declared_shape(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert connection.scalar(text("select version_num from alembic_version")) == HEAD


def test_opening_again_keeps_what_is_there(database_url: str) -> None:
    first = Database(database_url)
    Cursors(first).set("retention", 7)
    first.close()
    second = Database(database_url)
    assert Cursors(second).get("retention") == 7
    second.close()


def test_an_earlier_shape_is_upgraded_with_what_is_in_it(database_url: str) -> None:
    """Before decisions carried an interval or a set."""
    first = Database(database_url)
    told = Decision("d1", "retention", "k", "offer", datetime(2026, 3, 1, tzinfo=UTC), {"tenure": 3})
    Decisions(first).record("retention", [told])
    with first.writing() as connection:
        connection.execute(text("alter table decisions drop column coverage"))
        for table in (
            "watch_references",
            "looks",
            "alerts",
            "service",
            "challenges",
            "shadows",
            "window_rows",
            "window_marks",
            "triggers",
            "sketches",
            "api_keys",
            "kept_answers",
            "key_use",
        ):
            connection.execute(text(f"drop table {table}"))
        connection.execute(text("update alembic_version set version_num = '0003'"))
    first.close()
    now = Database(database_url)
    assert Decisions(now).find("d1") == told
    later = replace(told, id="d2", coverage={"set": ["yes"]})
    Decisions(now).record("retention", [later])
    assert Decisions(now).find("d2") == later
    now.close()


OPEN = """
import sys
from mainspring.backends.store.audit import Audit
from mainspring.backends.store.database import Database
sys.stdin.readline()
Audit(Database(sys.argv[1])).record("retention", "opened", by="a child")
"""


def test_two_processes_may_open_a_new_database_at_once(database_url: str, child) -> None:
    both = [child(OPEN, database_url) for _ in range(2)]
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait(60) for process in both] == [0, 0]
    database = Database(database_url)
    assert [entry["what"] for entry in Audit(database).recent()] == ["opened", "opened"]
    database.close()


def test_a_database_of_a_newer_release_is_refused(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="newer release"):
        Database(database_url)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"these are my notes, not a database, and long enough to look like one" * 20)
    with pytest.raises(StoreError, match="no database"):
        Database(f"sqlite:///{tmp_path / 'notes.db'}")
    assert (tmp_path / "notes.db").read_bytes().startswith(b"these are my notes")


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "nonsense", "sqlite:///x.db?synchronous=off"]
)
def test_a_url_that_cannot_be_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SpecError) as refused:
        Database(url)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_away_is_told_without_the_password() -> None:
    with pytest.raises(StoreError, match="reached") as away:
        Database("postgresql://someone:secret@127.0.0.1:9/nothing")
    assert "secret" not in str(away.value)
    assert away.value.__cause__ is None


def test_a_failed_transaction_leaves_nothing_and_tells_no_value(database: Database) -> None:
    line = text("insert into cursors values ('retention', 'private value', '2026-01-01 00:00:00')")

    def twice() -> None:
        with database.writing() as connection:
            connection.execute(line)
            connection.execute(line)

    with pytest.raises(StoreError) as failed:
        twice()
    assert "private" not in f"{failed.value!r}{failed.value.__cause__!r}"
    assert Cursors(database).get("retention") is None


def test_a_commit_waits_for_the_disk_only_where_asked(tmp_path: Path) -> None:
    for asked, level in (("", 1), ("?synchronous=full", 2)):
        database = Database(f"sqlite:///{tmp_path / 'records.db'}{asked}")
        with database.reading() as connection:
            assert connection.scalar(text("pragma synchronous")) == level
            assert connection.scalar(text("pragma journal_mode")) == "wal"
        database.close()


HOLD = """
import sys
from mainspring.backends.store.database import Database
with Database(sys.argv[1]).alone("the run of 'retention'"):
    print("in", flush=True)
    sys.stdin.readline()
"""


def test_only_one_process_gets_in_and_a_killed_one_lets_go(database: Database, database_url: str, child) -> None:
    holder = child(HOLD, database_url)
    assert holder.stdout.readline() == "in\n"
    with (
        pytest.raises(Busy, match="another process is at the run of 'retention'"),
        database.alone("the run of 'retention'"),
    ):
        pass
    with database.alone("something else"):
        pass
    holder.kill()
    holder.wait()
    with database.alone("the run of 'retention'", wait=True):
        pass


def test_a_busy_database_is_waited_for_not_broken(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    database = Database(f"sqlite:///{path}")
    other = sqlite3.connect(path)
    other.execute("begin")
    other.execute("select * from cursors").fetchall()
    Cursors(database).set("retention", "2026-01-01")
    assert other.execute("select count(*) from cursors").fetchone() == (0,), "a reader sees one moment"
    other.close()
    database.close()
