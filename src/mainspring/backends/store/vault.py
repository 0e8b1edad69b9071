"""Vault: the workspace's secret key, from which protected values are made."""

import os
import secrets
from pathlib import Path

from mainspring.backends.store.locks import as_store_error
from mainspring.errors import StoreError, Tampered

LENGTH = 32


class Vault:
    """Keeps a key in a file that only its owner may read. Whoever has it can undo encryption and link pseudonyms."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def key(self) -> bytes:
        """The 32 bytes; made once, at the first call of whichever process is first.

        Raises:
            Tampered: the file does not hold a key.
            StoreError: it can be neither read nor made.
        """
        try:
            if not self._path.exists():
                self._make()
            key = self._path.read_bytes()
        except OSError as error:
            raise as_store_error(error, str(self._path)) from error
        if len(key) != LENGTH:
            raise Tampered("the key file does not hold a key", where=str(self._path), remedy="restore it from a backup")
        self._refuse_open_doors()
        return key

    def _make(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(LENGTH))
                file.flush()
                os.fsync(file.fileno())
            # A link is made whole or not at all, and never over a key that another process made meanwhile.
            os.link(draft, self._path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()

    def _refuse_open_doors(self) -> None:
        if os.name == "posix" and self._path.stat().st_mode & 0o077:
            raise StoreError("others may read the key", where=str(self._path), remedy=f"chmod 600 {self._path}")
