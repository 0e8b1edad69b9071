"""Members: which processes that use the embedded bus are alive. A process that is killed is missed at once, not after its lease.

Each holds a lock on a file of its own, which the operating system lets go of with the process.
"""

import os
import secrets
import sqlite3
import time
from pathlib import Path

LOOKED = 0.2
"""Seconds for which an answer holds."""


class Members:
    def __init__(self, bus: Path) -> None:
        self._folder = Path(f"{bus}.members")
        self._folder.mkdir(parents=True, exist_ok=True)
        self.me = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._mine = sqlite3.connect(self._folder / self.me, isolation_level=None, check_same_thread=False)
        self._mine.execute("BEGIN EXCLUSIVE")
        self._known: dict[str, tuple[float, bool]] = {}

    def alive(self, member: str) -> bool:
        if member == self.me:
            return True
        looked, living = self._known.get(member, (0.0, False))
        if time.monotonic() - looked > LOOKED:
            living = self._holds(member)
            self._known = {**self._known, member: (time.monotonic(), living)}
        return living

    def _holds(self, member: str) -> bool:
        path = self._folder / member
        if not path.exists():
            return False
        probe = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            probe.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
        finally:
            probe.close()
        path.unlink(missing_ok=True)
        return False

    def close(self) -> None:
        self._mine.close()
        (self._folder / self.me).unlink(missing_ok=True)
