"""PostgreSQL: what it announces by NOTIFY is read at once.

A connection that was lost is made again, and whoever waits is told then: what was announced meanwhile went by unheard.
"""

import logging
import threading
import time
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from mainspring.automation.source import Source
from mainspring.errors import SourceError
from mainspring.steps.source.address import expanded, shown
from mainspring.steps.source.reader import Surroundings

LOG = logging.getLogger(__name__)
SLICE = 0.25
"""Seconds after which a waiting one looks whether it is to stop."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
ALIVE: dict[str, Any] = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A server that is gone without a word is noticed within half a minute."""


class Announced:
    """Listens on the channel ``source.listen``."""

    def __init__(self, source: Source, around: Surroundings) -> None:
        self._where, self._channel = shown(source.table or ""), source.listen or ""
        try:
            url = make_url(expanded(source.table or "", around.environment)).set(drivername="postgresql")
        except (ArgumentError, ValueError):
            raise SourceError("the database address cannot be read", where=self._where) from None
        self._address = url.render_as_string(hide_password=False)
        self._connection: psycopg.Connection | None = None
        self._told = False

    def wait(self, stopped: threading.Event, seconds: float) -> None:
        end, pause = time.monotonic() + seconds, FIRST_PAUSE
        while not stopped.is_set() and time.monotonic() < end:
            try:
                if self._connection is None:
                    self._listen()
                    return  # what was announced before is to be looked for
                if self._heard(min(SLICE, end - time.monotonic())):
                    return
            except psycopg.Error as error:
                self._lost(error)
                stopped.wait(min(pause, max(0.0, end - time.monotonic())))
                pause = min(pause * 2, LONGEST_PAUSE)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _listen(self) -> None:
        connection = psycopg.connect(self._address, autocommit=True, application_name="mainspring", **ALIVE)
        try:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        if self._told:
            LOG.warning("%s is listened to again", self._where)
        self._told = False

    def _heard(self, seconds: float) -> bool:
        """Whether anything was announced; a flood of announcements is one."""
        assert self._connection is not None  # it listens
        heard = any(True for _ in self._connection.notifies(timeout=max(0.0, seconds), stop_after=1))
        while heard and any(True for _ in self._connection.notifies(timeout=0, stop_after=1)):
            pass
        return heard

    def _lost(self, error: psycopg.Error) -> None:
        self.close()
        if not self._told:
            # The driver's words may quote the address.
            LOG.warning(
                "%s cannot be listened to now (%s); it is asked by the clock", self._where, type(error).__name__
            )
            self._told = True
