"""Log: what a process says of itself on standard error: for people, or one JSON object a line for programs."""

import json
import logging
import logging.handlers
import queue
import sys
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

Form = Literal["text", "json"]
Level = Literal["info", "warning", "error"]
OURS = "mainspring"
LONGEST = 4_000
"""Characters of a text in a line: what is longer was written by somebody else."""
WAITING = 10_000
"""So many lines may wait for whoever reads them; beyond that they are dropped and counted, and nobody who decides waits."""


def _clean(text: str) -> str:
    """Nothing in it ends a line, or speaks to a terminal."""
    shown = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in shown)


def _frames(record: logging.LogRecord) -> list[str]:
    """Where it was raised. What it says may quote values of a record: only its kind is told."""
    if not record.exc_info or record.exc_info[0] is None:
        return []
    return [record.exc_info[0].__name__, *traceback.format_tb(record.exc_info[2])]


def _told(record: logging.LogRecord) -> Mapping[str, Any]:
    return getattr(record, "told", {})


class ForPeople(logging.Formatter):
    """``WARNING mainspring.run.deliver: …``; what goes on in further lines is indented, so that nothing can pass for a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = "".join(f" {name}={_clean(str(value))}" for name, value in _told(record).items() if value is not None)
        lines = "\n".join([record.getMessage(), *_frames(record)]).splitlines() or [""]
        return "\n  ".join([f"{record.levelname} {record.name}: {_clean(lines[0])}{told}", *map(_clean, lines[1:])])


class ForPrograms(logging.Formatter):
    """``time``, ``level``, ``event``, ``logger``, and what else was told; in ASCII, of which no character ends a line."""

    def format(self, record: logging.LogRecord) -> str:
        plain: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "event": record.getMessage()[:LONGEST], "logger": record.name,
        }  # fmt: skip
        if frames := _frames(record):
            plain |= {"error": frames[0], "frames": "".join(frames[1:])}
        return json.dumps(plain | {name: value for name, value in _told(record).items() if value is not None})


class Waiting(logging.handlers.QueueHandler):
    """Whoever logs puts a line in the queue and goes on; what finds no room there is counted, and told with the next that does."""

    dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1
            return
        if self.dropped:
            told = {"lines": self.dropped}
            lost = logging.LogRecord(f"{OURS}.log", logging.WARNING, "", 0, "lines were dropped", None, None)
            lost.__dict__["told"] = told
            try:
                self.queue.put_nowait(lost)
                self.dropped = 0
            except queue.Full:
                return


@contextmanager
def logging_as(form: Form, level: Level | None = None) -> Generator[None]:
    """While this lasts, what is logged goes to standard error: as text from warnings on, as JSON from requests and decisions on, unless a
    ``level`` is said. Of other libraries only warnings are told.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ForPrograms() if form == "json" else ForPeople())
    root, ours = logging.getLogger(), logging.getLogger(OURS)
    before = ours.level
    ours.setLevel((level or ("info" if form == "json" else "warning")).upper())
    lines: queue.Queue[logging.LogRecord] = queue.Queue(WAITING)
    shown = Waiting(lines)
    listener = logging.handlers.QueueListener(lines, handler)
    root.addHandler(shown)
    listener.start()
    try:
        yield
    finally:
        root.removeHandler(shown)
        listener.stop()
        ours.setLevel(before)
