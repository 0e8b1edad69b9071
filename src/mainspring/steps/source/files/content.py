"""Content: the bytes of one file, wherever they lie: opened as often as needed, unpacked on the way."""

import io
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from mainspring.errors import SourceError
from mainspring.steps.source.files.kinds import PACKED

HEAD = 4096


@dataclass(frozen=True, slots=True)
class Content:
    """``name`` is what people are told; ``raw`` opens the bytes as they lie there, each time from the start."""

    name: str
    raw: Callable[[], BinaryIO]

    @classmethod
    def of(cls, path: Path) -> "Content":
        return cls(str(path), lambda: path.open("rb"))

    def packed(self) -> str | None:
        """``gzip`` or ``zstd`` by the first bytes, else None."""
        with self.raw() as stream:
            head = stream.read(8)
        return next((name for magic, name in PACKED if head.startswith(magic)), None)

    def open(self) -> BinaryIO:
        """The bytes, unpacked. Reading a file that was cut short raises OSError at its end."""
        codec = self.packed()
        if codec is None:
            return self.raw()
        return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(self.raw(), mode="r"), codec))

    def head(self) -> bytes:
        with self.open() as stream:
            return stream.read(HEAD)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose columns are known. ``batches`` reads it from the start, each time it is called."""

    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Failures of the file system and of the formats, as errors that say which file and what to do.

    What a library says of a format's content may quote the content, so only its kind is passed on.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise SourceError("the file is gone", where=name, remedy="check the path") from error
    except PermissionError as error:
        raise SourceError("the file may not be read", where=name, remedy="ask for read access to it") from error
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise damaged(name) from error


def damaged(name: str) -> SourceError:
    return SourceError(
        "the file is damaged or was cut short", where=name, remedy="copy or export it again; nothing of it was taken"
    )


def empty(name: str) -> SourceError:
    return SourceError("the file is empty", where=name, remedy="export it again, with a line of column names")


class Window(io.RawIOBase):
    """A view of a shared file with a position of its own, so that one temporary file can be read several times."""

    def __init__(self, file: BinaryIO, lock: threading.Lock) -> None:
        self.file = file
        self.lock = lock
        self.position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with self.lock:
            start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.file.seek(0, io.SEEK_END)}[whence]
        self.position = start + offset
        return self.position

    def readinto(self, buffer: memoryview) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        with self.lock:
            self.file.seek(self.position)
            piece = self.file.read(len(buffer))
        buffer[: len(piece)] = piece
        self.position += len(piece)
        return len(piece)
