"""Shared: vectors that the fits of one search leave for each other in a file, so that no text is read twice, nor again after a kill."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock

DIGEST = 16
"""Bytes that stand for a text."""

Vector = npt.NDArray[np.float32]


def digest_of(text: str | tuple[str, str]) -> bytes:
    told = text if isinstance(text, str) else f"{len(text[0])}\0{text[0]}\0{text[1]}"
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()


class SharedVectors:
    """Of the encoder ``name``, ``width`` numbers each, in a file of ``folder``: records of a digest and a vector, one after another.

    What another process left half written is written over. Several processes may read and add at once.
    """

    def __init__(self, folder: Path, name: str, width: int) -> None:
        told = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self.path = folder / f"vectors-{told}.bin"
        self._record = np.dtype([("digest", f"V{DIGEST}"), ("vector", np.float32, (width,))])
        self._read = 0

    def fresh(self) -> dict[bytes, Vector]:
        """What was added since it was last asked here."""
        if not self.path.exists():
            return {}
        rows = self.path.stat().st_size // self._record.itemsize
        if rows <= self._read:
            return {}
        offset, self._read = self._read * self._record.itemsize, rows
        found = np.memmap(self.path, self._record, "r", offset, (rows - offset // self._record.itemsize,))
        return {one["digest"].tobytes(): one["vector"] for one in found}

    def add(self, told: Mapping[bytes, Vector]) -> None:
        """Where the disk is full nothing is added: each can do without."""
        if not self.path.parent.is_dir():
            return  # the search has ended
        records = np.zeros(len(told), self._record)
        for row, (digest, vector) in enumerate(told.items()):
            records[row] = (digest, vector)
        with suppress(OSError), FileLock(self.path.with_suffix(".lock")), self.path.open("ab", buffering=0) as file:
            whole = os.fstat(file.fileno()).st_size // self._record.itemsize * self._record.itemsize
            file.truncate(whole)
            try:
                file.write(records.tobytes())
            except OSError:
                file.truncate(whole)
                raise
