"""Arrivals: a source that is asked again and again; what is new in it becomes events on ``<automation>.arrivals``.

With ``since``, new is what lies beyond the highest value seen; of files, those that were not there before and grow no more. What is
there at the first look is not new, unless a run collected less. A process that is killed publishes the same events again, under the
same ids.
"""

import hashlib
import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mainspring.automation import Automation
from mainspring.backends.bus.letters import dead_letters_of
from mainspring.backends.opening import Backends
from mainspring.errors import Busy, MainspringError, SourceError
from mainspring.event import Event
from mainspring.steps.source.announced.notices import notices_of, wait_for_turn
from mainspring.steps.source.collect import collect
from mainspring.steps.source.cursor import highest
from mainspring.steps.source.files.find import find
from mainspring.steps.source.reader import Surroundings

LOG = logging.getLogger(__name__)
TYPE = "io.mainspring.row"
LONGEST = 63
Seen = Mapping[str, list[int]]
"""Path → size and time of change (ns)."""


class Arrivals:
    def __init__(self, automation: Automation, backends: Backends, around: Surroundings) -> None:
        self._name, self._source, self._backends, self._around = automation.name, automation.source, backends, around
        self._topic = f"{automation.name}.arrivals"
        name = (
            self._topic if len(self._topic) <= LONGEST else hashlib.sha256(self._topic.encode()).hexdigest()[:LONGEST]
        )
        self._place = name
        self._growing: Seen = {}

    def go(self, stopped: threading.Event) -> None:
        """Look at once, then again and again; what goes wrong is logged and tried the next time."""
        every = self._source.every
        assert every is not None  # it is to be asked again
        with closing(notices_of(self._source, self._around)) as notices:
            while not stopped.is_set():
                try:
                    self.look()
                except MainspringError as error:
                    LOG.warning("%s: its source cannot be asked now: %s", self._name, error)
                wait_for_turn(notices, stopped, every)

    def look(self) -> int:
        """Publish what is new; how many rows. Where another process is at it, it does so.

        Raises:
            SourceError: the source cannot be read. BusError: the bus does not answer; then nothing counts as seen.
        """
        try:
            with self._backends.database.alone(f"the arrivals of {self._name!r}"):
                return self._beyond() if self._source.since is not None else self._files()
        except Busy:
            return 0

    def _beyond(self) -> int:
        cursors, since = self._backends.cursors, self._source.since or ""
        seen = cursors.get(self._place)
        first = seen is None
        cursor = cursors.get(self._name) if first else seen
        published, before = 0, cursor
        for batch in collect(self._source, replace(self._around, cursor=cursor)):
            cursor = highest(batch, since, cursor)
            if not (first and before is None):
                published += self._publish(batch.to_pylist(), "")
        if cursor is not None:
            cursors.set(self._place, cursor)
        return published

    def _files(self) -> int:
        now = self._there()
        seen: Seen | None = self._backends.cursors.get(self._place)
        if seen is None:
            self._backends.cursors.set(self._place, now)
            return 0
        new = [path for path, marks in now.items() if seen.get(path) != marks]
        ready = [path for path in new if self._growing.get(path) == now[path]]
        self._growing = {path: now[path] for path in new}
        published = 0
        for path in ready:
            published += self._file(path, now[path])
            seen = {known: marks for known, marks in seen.items() if known in now} | {path: now[path]}
            self._backends.cursors.set(self._place, seen)
        return published

    def _file(self, path: str, marks: list[int]) -> int:
        try:
            batches = list(collect(self._source.model_copy(update={"table": path}), self._around))
        except SourceError as error:
            letter = {"topic": self._topic, "file": path, "group": self._name, "reason": error.what}
            identity = hashlib.sha256(f"{path}{marks}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
            event = Event(
                identity, f"/v1/automations/{self._name}", "io.mainspring.deadletter", datetime.now(UTC), letter
            )
            self._backends.buses.own.publish(dead_letters_of(self._topic), [event])
            return 0
        rows = [row for batch in batches for row in batch.to_pylist()]
        return self._publish(rows, f"{path}@{marks[1]}")

    def _there(self) -> dict[str, list[int]]:
        try:
            paths = find(str(self._source.table).removeprefix("file://"), self._around.folder, self._source.format)
        except SourceError:
            return {}  # an empty folder is what it begins with
        return {str(path): list(marks) for path, marks in _marked(paths)}

    def _publish(self, rows: list[dict[str, Any]], file: str) -> int:
        key, now = self._source.key, datetime.now(UTC)
        events: list[Event] = []
        for number, row in enumerate(rows, 1):
            subject = None if key is None or row.get(key) is None else str(row[key])
            identity = f"{file}#{number}" if file else _content(row)
            events.append(Event(identity, f"/v1/automations/{self._name}/arrivals", TYPE, now, row, subject))
        self._backends.buses.own.publish(self._topic, events)
        return len(events)


def _marked(paths: list[Path]) -> Iterator[tuple[Path, tuple[int, int]]]:
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue  # gone since
        yield path, (status.st_size, status.st_mtime_ns)


def _content(row: Mapping[str, Any]) -> str:
    text = json.dumps(row, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
