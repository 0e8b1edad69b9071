"""Beside: the record of a version is a file, under ``records/<automation>/<version>.json``; the registry knows its hash."""

import hashlib
from pathlib import Path

from mainspring.backends.opening import Backends
from mainspring.errors import NotFound, StoreError, Tampered
from mainspring.run.place import record_path
from mainspring.run.train.record.record import Record

RECORD = "record.json"


def leave(record: Record, folder: Path) -> str:
    """Write it into the run's folder, whole or not at all; its hash."""
    text = record.to_json()
    draft = folder / f".{RECORD}"
    draft.write_text(text, encoding="utf-8")
    draft.replace(folder / RECORD)
    return _hash(text)


def keep(backends: Backends, name: str, number: int, folder: Path) -> None:
    """Put the record that a run left beside its version. Doing it again changes nothing."""
    path = record_path(backends, name, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text((folder / RECORD).read_text(encoding="utf-8"), encoding="utf-8")
    draft.replace(path)


def record_of(backends: Backends, name: str, number: int, expected: str | None) -> Record:
    """The record of a version.

    Raises:
        NotFound: it has none. Tampered: it is not the one that was kept. StoreError: it cannot be read.
    """
    path = record_path(backends, name, number)
    if expected is None or not path.exists():
        raise NotFound("record of", f"{name} version {number}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise StoreError(f"the record cannot be read ({type(error).__name__})", where=str(path),
                         remedy="look at the file; learn the version again, and it has one") from error  # fmt: skip
    if _hash(text) != expected:
        raise Tampered("the record is not the one that was kept with the version", where=str(path),
                       remedy="take it from a backup, or learn the version again")  # fmt: skip
    return Record.read(text, str(path))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
