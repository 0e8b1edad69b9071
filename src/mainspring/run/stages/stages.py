"""Stages: when each part of deciding began and ended. Where nobody listens, none is timed."""

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Stage(NamedTuple):
    """``began`` and ``ended`` are nanoseconds since 1970."""

    name: str
    began: int
    ended: int


_HEARD: ContextVar[list[Stage] | None] = ContextVar("stages", default=None)
_SILENT = nullcontext()


def stage(name: str) -> AbstractContextManager[None]:
    """What is done while this lasts is a stage."""
    heard = _HEARD.get()
    return _SILENT if heard is None else _timed(name, heard)


@contextmanager
def _timed(name: str, heard: list[Stage]) -> Generator[None]:
    began = time.time_ns()
    try:
        yield
    finally:
        heard.append(Stage(name, began, time.time_ns()))


def heard_by(heard: list[Stage] | None, work: Callable[[], T]) -> T:
    """What the work gives; its stages are put in ``heard``."""
    if heard is None:
        return work()
    token = _HEARD.set(heard)
    try:
        return work()
    finally:
        _HEARD.reset(token)
