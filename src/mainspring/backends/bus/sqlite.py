"""SQLite: the file of the embedded bus: its shape, its settings, and what its errors mean."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mainspring.backends.checkpoints import PAGES
from mainspring.backends.wal import use_wal
from mainspring.errors import BusError, NoSpace, SpecError

SPAN = 1 << 40
"""Events of a topic: their key is the topic's number times this, and their offset."""
BUSY_SECONDS = 60
Row = Any

SHAPE = """
CREATE TABLE IF NOT EXISTS topics (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, next INTEGER NOT NULL, latest INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS events (
  place INTEGER PRIMARY KEY, at INTEGER NOT NULL, mark BLOB NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS groups (
  id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, UNIQUE (topic, name));
CREATE TABLE IF NOT EXISTS claims (
  grp INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL, holder TEXT NOT NULL, until REAL NOT NULL,
  attempt INTEGER NOT NULL, PRIMARY KEY (grp, low)) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


def connect(path: Path, synchronous: str) -> sqlite3.Connection:
    """The file open; made where there is none.

    Raises:
        SpecError: ``synchronous`` is neither ``normal`` nor ``full``. BusError: it cannot be opened, or is of a newer release.
    """
    if synchronous not in ("normal", "full"):
        raise SpecError("'synchronous' is neither normal nor full", where="bus", remedy="write ?synchronous=full")
    with translated(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BusError("the folder of the bus cannot be made", where=str(path.parent)) from error
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        use_wal(db, BUSY_SECONDS)
        db.execute(f"PRAGMA synchronous={synchronous}")
        db.execute(f"PRAGMA wal_autocheckpoint={PAGES}")
        if db.execute("PRAGMA user_version").fetchone()[0] > 1:
            raise BusError(
                "the bus was written by a newer release", where=str(path), remedy="pip install --upgrade mainspring"
            )
        db.executescript(f"BEGIN IMMEDIATE; {SHAPE} COMMIT;")
    return db


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours; their own words may quote values and are not passed on."""
    failure: BusError | NoSpace | None = None
    try:
        yield
    except sqlite3.Error as error:
        failure = _meaning(str(error).lower(), str(path))
    if failure:
        raise failure


def _meaning(told: str, where: str) -> BusError | NoSpace:
    if "full" in told:
        return NoSpace("the disk is full; nothing was changed", where=where, remedy="make room and do the same again")
    if "locked" in told:
        return BusError("another process keeps the bus busy", where=where, remedy="do the same again")
    if "not a database" in told or "malformed" in told:
        return BusError(
            "the file is damaged or is no bus", where=where, remedy="restore it from a backup, or remove it"
        )
    return BusError("the bus cannot be read or written", where=where, remedy="check that its file may be written")
