"""Checkpoints: what was committed goes from SQLite's write-ahead log into its file, beside those who commit.

SQLite by itself lets the commit that fills the log wait for the disk, which takes ten times what the others do. Here a thread does it with
a connection of its own. A passive checkpoint makes neither readers nor writers wait, but never comes to the end of the log where
somebody commits at every moment; only then can the log begin anew. So once it is long, writers wait while the little is copied that
came meanwhile.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import Any

from mainspring.errors import MainspringError

TIMES = 3
"""The first copies much and waits for the log to be on the disk, the second, with little to copy, for the file; what is left for the
third and for the one that writers wait for takes milliseconds."""
EVERY = 0.25
"""Seconds between two: pages that are written again meanwhile are copied once."""
SHORT = 4_000_000
"""Bytes of a log, as many as SQLite by itself lets it have, that are not worth waking the disk for."""
LONG = 8_000
"""Pages in the log, mostly of 4 kB, from which on it is to begin anew."""
PAGES = 32_000
"""Pages in the log from which on a commit makes the checkpoint all the same, should the thread have come to nothing."""


class Checkpoints:
    """Of the file at ``path``, made soon after :meth:`wanted`, once its log is no longer ``SHORT``. Nothing runs before the first time.

    ``turn`` keeps the writers of this process out: they would look again after naps, and so wait longer than they have to.
    """

    def __init__(self, path: Path, turn: Callable[[], AbstractContextManager[Any]]) -> None:
        self._path, self._log, self._turn = path, Path(f"{path}-wal"), turn
        self._wanted, self._ended = threading.Event(), threading.Event()
        self._beginning = threading.Lock()
        self._thread: threading.Thread | None = None

    def wanted(self) -> None:
        """Something was committed."""
        self._wanted.set()
        if self._thread is None:
            with self._beginning:
                if self._thread is None and not self._ended.is_set():
                    self._thread = threading.Thread(target=self._run, name=f"checkpoints of {self._path}", daemon=True)
                    self._thread.start()

    def close(self) -> None:
        """No further ones; whoever closes the last connection makes the last. Not to be called in a ``turn``."""
        with self._beginning:
            self._ended.set()
            self._wanted.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            self._wanted.wait()
            self._wanted.clear()
            if self._ended.is_set():
                return
            # Of a file that is gone, damaged or on a full disk those hear who read or write it.
            with suppress(OSError, sqlite3.Error, MainspringError):
                if self._log.stat().st_size > SHORT:
                    self._copy()

    def _copy(self) -> None:
        with closing(sqlite3.connect(self._path, timeout=0.0)) as connection:
            pages = 0
            for _ in range(TIMES):
                _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if pages > PAGES:
                    # They commit faster than the disk takes it: it would grow from one time to the next.
                    break
            if pages > LONG:
                with self._turn():
                    connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
