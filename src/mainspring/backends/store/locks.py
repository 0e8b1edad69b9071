"""Locks between processes that let go by themselves when their holder dies, even by ``kill -9``."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainspring.errors import Busy, NoSpace, StoreError

WAIT = 600.0
"""Seconds to wait for another process before giving up."""


@contextmanager
def file_lock(path: Path, name: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock on ``name`` that the file at ``path`` stands for; threads of one process exclude each other too.

    SQLite's own file lock is used because it is the same on every system and the operating system releases it.

    Raises:
        Busy: another process holds it (after :data:`WAIT` seconds where ``wait`` is true).
    """
    connection = _open(path, WAIT if wait else 0.0)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise (busy(name) if "locked" in str(error) else no_space(str(path.parent))) from error
        yield
    finally:
        connection.close()


def _open(path: Path, timeout: float) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(path, timeout=timeout, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise StoreError("no lock file can be made", where=str(path.parent)) from error
    except OSError as error:
        raise as_store_error(error, str(path.parent)) from error


def as_store_error(error: OSError, where: str) -> StoreError:
    """What an operating-system error while storing means."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return no_space(where)
    return StoreError(
        f"cannot write there: {error.strerror or 'unknown reason'}",
        where=where,
        remedy="check that the folder exists and may be written",
    )


def busy(name: str) -> Busy:
    return Busy(f"another process is at {name}", remedy="wait until it is done")


def no_space(where: str) -> NoSpace:
    return NoSpace("the disk is full; nothing was changed", where=where, remedy="make room and do the same again")
