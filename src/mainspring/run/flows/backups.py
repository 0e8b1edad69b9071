"""Backups: made of a workspace, and restored into one."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mainspring.backends.flows.flows import Result
from mainspring.backends.opening import Backends
from mainspring.run.backup.restore import REPLAYED, restore
from mainspring.run.flows import backup
from mainspring.run.progress import RunProgress, Silent


class Backups:
    def __init__(self, backends: Backends, changed: Callable[[], None]) -> None:
        self._backends, self._changed = backends, changed

    def make(self, folder: str | Path, progress: RunProgress | None = None) -> Result:
        """Into a new folder within ``folder``: the database of one moment, models, records, reports, the key, the lake where it is a
        folder, the bus where it is a file. Whoever has it can read what is protected: it has the key.

        Returns ``folder``, how many ``files``, ``bytes`` and ``rows``. One that is interrupted is gone on with by its run's id.

        Raises:
            SpecError: the folder lies within the workspace. NoSpace, StoreError: it cannot be written.
        """
        task = backup.begin(self._backends, str(folder), {}, uuid.uuid4().hex)
        return self._backends.flows.open().carry_out(task, backup.carrier(self._backends, progress or Silent()))

    def restore(
        self, folder: str | Path, *, replayed: int = REPLAYED, told: Callable[[str], None] = lambda _: None
    ) -> dict[str, Any]:
        """Fill this workspace, a new one, from a backup; its database may be of another kind than the one backed up.

        Every file is checked first. Then the newest ``replayed`` decisions of each automation are made again: returns how many
        ``decisions``, how many came out the ``same`` bit for bit, and the ids of those that ``differ``.

        Raises:
            NotFound: there is no finished backup. Tampered: a file is missing or another; nothing was restored.
            SpecError: the workspace is not new, or another release made the backup.
        """
        try:
            return restore(self._backends, Path(folder).absolute(), told, replayed)
        finally:
            self._changed()
