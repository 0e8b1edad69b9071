"""Files: what of a workspace's folder goes into a backup, and how each file of it is sealed."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from mainspring.backends.store.locks import as_store_error
from mainspring.errors import Tampered

FOLDERS = ("models", "records", "reports")
SINGLE = ("key", "mainspring.toml")
LOG = "_delta_log"
FORMAT, MANIFEST = 1, "manifest.json"
Sealed = dict[str, dict[str, Any]]
"""Path from the backup's folder → ``bytes`` and ``sha256``."""


def copy_folders(place: Path, to: Path, heed: Callable[[], None]) -> int:
    """The models, what made them, their reports, the key and the settings; how many files."""
    count = 0
    for name in FOLDERS:
        count += _copied(sorted(path for path in (place / name).rglob("*") if path.is_file()), place, to, heed)
    return count + _copied([place / name for name in SINGLE if (place / name).is_file()], place, to, heed)


def copy_lake(lake: Path, to: Path, heed: Callable[[], None]) -> int:
    """Every table as it is now, though others write meanwhile: of each the log is listed first and copied last, and what it speaks of
    lies there before it."""
    count = 0
    for log in sorted(lake.glob(f"*/*/{LOG}")):
        table = log.parent
        entries = sorted(path for path in log.rglob("*") if path.is_file())
        data = sorted(path for path in table.rglob("*") if path.is_file() and LOG not in path.parts)
        count += _copied(data, lake, to, heed) + _copied(entries, lake, to, heed)
    return count


def copy_sqlite(path: Path, to: Path) -> int:
    """A file of SQLite that others may be writing; its size in bytes, 0 where there is none."""
    if not path.is_file():
        return 0
    to.parent.mkdir(parents=True, exist_ok=True)
    to.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return to.stat().st_size


def seal(folder: Path, heed: Callable[[], None]) -> Sealed:
    """Every file of a backup but the manifest."""
    return {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _hash(path, heed)}
        for path in _files(folder)
    }


def refuse_unsealed(folder: Path, sealed: Mapping[str, Mapping[str, Any]], heed: Callable[[], None]) -> None:
    """Raises Tampered, naming a file, where one is missing, another or not known."""
    there = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    for name in sorted({*sealed, *there}):
        if name not in there or name not in sealed or _hash(there[name], heed) != sealed[name]["sha256"]:
            what = "is missing" if name not in there else "is not what was backed up"
            raise Tampered(f"{name} {what}; nothing was restored", where=str(folder), remedy="take another backup")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / MANIFEST)


def _copied(paths: list[Path], base: Path, to: Path, heed: Callable[[], None]) -> int:
    try:
        for path in paths:
            heed()
            target = to / path.relative_to(base)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)  # with its mode: the key stays its owner's
    except OSError as error:
        raise as_store_error(error, str(to)) from error
    return len(paths)


def _hash(path: Path, heed: Callable[[], None]) -> str:
    heed()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
