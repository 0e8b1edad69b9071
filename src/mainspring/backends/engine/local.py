"""Local: this machine's processes."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from sys import modules
from types import ModuleType
from typing import Any

from mainspring.backends.engine.engine import Engine
from mainspring.backends.engine.forked import POSSIBLE, Origin
from mainspring.backends.engine.spare import SPARE
from mainspring.cores import cores
from mainspring.errors import SpecError

THREAD_LIMITS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
    "POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip


def open_engine(url: str) -> Engine:
    """``local``: as many worker processes as there are cores to use; ``local:3``: three. They start when there is work.

    A worker uses one thread for arithmetic unless its task says otherwise, and ends when this process dies, however it does.

    Raises:
        SpecError: the number of workers is not one.
    """
    told = url.partition(":")[2].removeprefix("//")
    if told and not (told.isdigit() and int(told) > 0):
        raise SpecError(f"{told!r} is not a number of workers", where="engine", remedy="write local or local:4")
    workers = int(told) if told else cores()
    return Engine(Processes(workers), workers)


class Processes(Executor):
    """Worker processes that are begun anew after one of them died: what was under way fails, what is submitted later does not."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._closed = False
        self._origin = Origin()
        self._pool = self._begun()

    def load(self, modules: Sequence[str]) -> None:
        """Workers that begin from now on come with these modules loaded, in memory that they share; those that are there stay.

        They are loaded aside, from now on. What was to be loaded before stays so where workers came of it.
        """
        with self._lock:
            if self._closed or set(modules) <= self._origin.modules:
                return
            before = self._origin.modules if self._origin.copied else frozenset[str]()
            self._origin = SPARE.take(before | {*modules}, _born())
            if POSSIBLE:
                with _no_main(), _limited():
                    self._origin.begin()
            if not self._pool._processes:
                self._pool.shutdown(wait=False)
                self._pool = self._begun()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with self._lock:
            try:
                return self._pool.submit(fn, *args, **kwargs)
            except BrokenProcessPool:
                self._pool.shutdown(wait=False)
                self._pool = self._begun()
                return self._pool.submit(fn, *args, **kwargs)

    def kill_workers(self) -> None:
        """End all work at once, however busy; its futures fail with ``BrokenProcessPool``. New work gets new workers."""
        with self._lock:
            old = self._pool
            busy = list((old._processes or {}).values())
            for process in busy:
                process.kill()
            old.shutdown(wait=bool(busy))
            if not self._closed:
                self._pool = self._begun()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._lock:
            self._closed = True
            pool = self._pool
        pool.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            SPARE.keep(self._origin)

    def _begun(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._workers, mp_context=_Context(self._origin), initializer=_begin)


class _Context(SpawnContext):
    """Workers that do not import the caller's script: they need nothing of it, and scripts need no main guard."""

    def __init__(self, origin: Origin) -> None:
        super().__init__()
        self._origin = origin

    def Process(  # pyright: ignore[reportIncompatibleVariableOverride, reportIncompatibleMethodOverride]
        self, *args: Any, **kwargs: Any
    ) -> SpawnProcess:
        process = _Process(*args, **kwargs)
        process.origin = self._origin
        return process


class _Process(SpawnProcess):
    origin: Origin | None = None
    environment: dict[str, str] | None = None

    def run(self) -> None:
        if self.environment is not None:
            os.environ.clear()
            os.environ.update(self.environment)
        super().run()

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        with _no_main(), _limited():
            origin = process_obj.origin
            process_obj.origin = None  # a worker is not told where it came from
            if POSSIBLE and origin is not None:
                # That of its caller now: what it is a copy of may have begun long ago.
                process_obj.environment = dict(os.environ)
                return origin.copy(process_obj)
            return SpawnProcess._Popen(process_obj)  # pyright: ignore[reportAttributeAccessIssue]


_STARTING = threading.Lock()


@contextmanager
def _no_main() -> Iterator[None]:
    with _STARTING:
        main = modules["__main__"]
        modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            modules["__main__"] = main


@contextmanager
def _limited() -> Iterator[None]:
    # Arithmetic libraries read these once, when they are loaded, so a worker must be born with them.
    before = {name: os.environ.get(name) for name in THREAD_LIMITS}
    os.environ.update(zip(THREAD_LIMITS, _born(), strict=True))
    try:
        yield
    finally:
        for name in (name for name, value in before.items() if value is None):
            del os.environ[name]


def _born() -> tuple[str, ...]:
    """What a worker must be born with, as it is now."""
    return tuple(os.environ.get(name) or "1" for name in THREAD_LIMITS)


def _begin() -> None:
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
