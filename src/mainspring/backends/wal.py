"""Write-ahead log: how a file of SQLite is read while it is written, whether a store or a bus lies in it."""

import sqlite3
import time

CACHE = 16
"""MB of pages kept in memory: a batch touches more than the 2 that SQLite begins with."""
PAUSE = 0.02
"""Seconds between two tries."""


def use_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Turn it on; others that do so at the same time are waited for, ``patience`` seconds at most.

    Raises:
        sqlite3.OperationalError: it cannot be turned on, or not in that time.
    """
    # The busy timeout does not hold for this one change, which several that open a new file make at the same time.
    end = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(PAUSE)
    connection.execute(f"PRAGMA cache_size={-CACHE * 1024}")
