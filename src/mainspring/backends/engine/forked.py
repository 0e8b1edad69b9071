"""Forked: workers that begin as copies of a process that has loaded what their work needs, so that all share that memory.

The process of origin (multiprocessing's fork server) only imports: it never calculates, so no library has begun threads that a
copy would lack; memory allocators have theirs, and bear being copied. It is our own: the caller may have another.
"""

import io
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import reduction
from multiprocessing.context import set_spawning_popen
from multiprocessing.forkserver import ForkServer, read_signed
from multiprocessing.popen_forkserver import Popen
from multiprocessing.spawn import get_preparation_data
from multiprocessing.util import Finalize
from threading import Thread
from typing import Any
from weakref import finalize

SHARED = "mainspring.backends.engine.shared"
DYING = 10.0
"""Seconds that the process of origin may take to be gone, once it was killed."""
POSSIBLE = sys.platform == "linux"
"""On macOS system libraries do not bear being copied once they are loaded; Windows cannot copy processes."""


class Origin:
    """The process that workers are copies of. It begins with the first of them; let go, it ends with the last, or with this process.

    ``born`` is what it has of its environment from its beginning, and cannot change.
    """

    def __init__(self, modules: Sequence[str] = (), born: tuple[str, ...] = ()) -> None:
        self.modules = frozenset(modules)
        self.born = born
        self.copied = False
        self._server = ForkServer()
        # What cannot be imported there is left out in silence: then the worker imports it, or says what is wrong.
        self._server.set_forkserver_preload([*sorted(modules), SHARED])
        self.let_go = finalize(self, _let_go, self._server)
        self.let_go.atexit = False  # a copy of this process has nothing to let go

    def begin(self) -> None:
        """Load what is to be loaded, aside: without this it begins with the first worker, which waits for it."""
        self._server.ensure_running()

    def copy(self, process: Any) -> Popen:
        """Begin ``process``, a multiprocessing one, as a copy."""
        self.copied = True
        return _Copy(process, self._server)


class _Copy(Popen):
    _fds: list[int]

    def __init__(self, process: Any, server: ForkServer) -> None:
        self._server = server
        super().__init__(process)

    def _launch(self, process_obj: Any) -> None:
        # As the original, which knows one server only.
        told = io.BytesIO()
        set_spawning_popen(self)
        try:
            reduction.dump(get_preparation_data(process_obj._name), told)
            reduction.dump(process_obj, told)
        finally:
            set_spawning_popen(None)
        self.sentinel, kept, self.pid = _begun(self._server, self._fds, told.getbuffer())
        # While this end is open, the worker knows that its caller lives.
        self.finalizer = Finalize(self, _close, (kept, self.sentinel))


def _begun(server: ForkServer, files: list[int], told: memoryview) -> tuple[int, int, int]:
    """A worker's sentinel, the end it is told by, and its number. A server that is dying may close its door, or what it
    was given, before it can be seen that it is dead: then it is asked again, which begins another."""
    until = time.monotonic() + DYING
    while True:
        opened: list[int] = []
        try:
            sentinel, writing = server.connect_to_new_process(files)
            opened += [sentinel, writing]
            with os.fdopen(writing, "wb", closefd=False) as file:
                file.write(told)
            return sentinel, writing, read_signed(sentinel)
        except (ConnectionError, EOFError):
            _close(*opened)
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _let_go(server: ForkServer) -> None:
    # Aside, for it waits until the last worker has ended. An interpreter that is closing begins no threads, nor need it.
    with suppress(RuntimeError):
        Thread(target=server._stop, daemon=True).start()  # pyright: ignore[reportAttributeAccessIssue]


def _close(*files: int) -> None:
    for file in files:
        os.close(file)
