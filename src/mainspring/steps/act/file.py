"""File: adds an action to a file as one line of JSON, once, whatever happens in between."""

import os
import stat
import sys
from dataclasses import dataclass, field
from errno import EDQUOT, EFBIG, EINVAL, ENOSPC
from pathlib import Path
from typing import BinaryIO

import orjson

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable
from mainspring.event import Event
from mainspring.steps.act.deliverer import Means
from mainspring.steps.act.encode import encode

if sys.platform == "win32":
    import msvcrt

    def hold(file: BinaryIO) -> None:
        # A byte far behind the end, so that others can read the file meanwhile.
        file.seek(1 << 62)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def hold(file: BinaryIO) -> None:
        """Exclude other processes and threads until the file is closed, by whatever end."""
        fcntl.flock(file, fcntl.LOCK_EX)


_OURS = b'{"specversion":'
"""How a line of ours begins; an unfinished last line that begins otherwise is somebody else's and is kept."""

Identity = tuple[str, str]


@dataclass
class Seen:
    """What is known of a file: the events in its first ``end`` bytes."""

    inode: int
    end: int = 0
    events: set[Identity] = field(default_factory=set[Identity])


class File:
    """Each line is on the disk before the delivery counts as done; an event that is already in the file is not added again."""

    def __init__(self, means: Means) -> None:
        self._folder = means.folder
        self._seen: dict[Path, Seen] = {}

    def deliver(self, event: Event, act: Act) -> None:
        path = self._folder / (act.file or "")
        line = encode(event) + b"\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = not path.exists()
            with path.open("ab+") as file:
                hold(file)
                self._add(file, path, (event.source, event.id), line)
            if new:
                _keep_entry(path.parent)
        except OSError as error:
            raise _meaning(error, path) from error

    def _add(self, file: BinaryIO, path: Path, identity: Identity, line: bytes) -> None:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(EINVAL, "it is not an ordinary file")
        seen = self._seen.get(path)
        if seen is None or seen.inode != status.st_ino or seen.end > status.st_size:
            seen = self._seen[path] = Seen(status.st_ino)
        _catch_up(file, seen)
        if identity in seen.events:
            return
        start = seen.end
        try:
            _append(file.fileno(), line)
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), start)
            raise
        seen.end += len(line)
        seen.events.add(identity)


def _catch_up(file: BinaryIO, seen: Seen) -> None:
    """Read what was added since, and mend a last line whose writer died over it."""
    file.seek(seen.end)
    for line in file:
        whole = line if line.endswith(b"\n") else _mended(file, seen.end, line)
        identity = _identity(whole)
        if identity is not None:
            seen.events.add(identity)
        seen.end += len(whole)
        if whole is not line:
            # What was mended was the last line; the file under this loop has changed.
            return


def _mended(file: BinaryIO, start: int, line: bytes) -> bytes:
    if _identity(line) is None and (line.startswith(_OURS) or _OURS.startswith(line)):
        os.ftruncate(file.fileno(), start)
        return b""
    _append(file.fileno(), b"\n")
    return line + b"\n"


def _append(handle: int, content: bytes) -> None:
    """Past Python's own buffer, which would try again at closing what could not be written now."""
    while content:
        content = content[os.write(handle, content) :]


def _identity(line: bytes) -> Identity | None:
    try:
        read = orjson.loads(line)
        return str(read["source"]), str(read["id"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def _keep_entry(folder: Path) -> None:
    """A new file is only as lasting as its folder's entry for it."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _meaning(error: OSError, path: Path) -> ActRefused | ActUnreachable:
    if error.errno in (ENOSPC, EDQUOT, EFBIG):
        return ActUnreachable(
            "the disk (or its quota) is full; nothing of the line was kept", where=str(path), remedy="make room"
        )
    reason = error.strerror or type(error).__name__
    return ActRefused(f"the file cannot be written: {reason}", where=str(path), remedy="check act.file and its folder")
