"""Stages: when each part of deciding began and ended, and whose trace it belongs to. Where nobody listens, none is timed."""

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Stage(NamedTuple):
    """``began`` and ``ended`` are nanoseconds since 1970."""

    name: str
    began: int
    ended: int


class Heard:
    """Who listens. ``stages`` are what was heard; ``trace`` is the place in a trace (a W3C ``traceparent``) of whoever asked, or one
    a record that is asked about together.
    """

    __slots__ = ("stages", "trace")

    def __init__(self, trace: str | Sequence[str | None] | None = None) -> None:
        self.stages: list[Stage] = []
        self.trace = trace

    def of(self, place: int) -> str | None:
        """The trace that the record at this place belongs to."""
        return self.trace if self.trace is None or isinstance(self.trace, str) else self.trace[place]


_HEARD: ContextVar[Heard | None] = ContextVar("heard", default=None)
_SILENT = nullcontext()


def stage(name: str) -> AbstractContextManager[None]:
    """What is done while this lasts is a stage."""
    heard = _HEARD.get()
    return _SILENT if heard is None else _timed(name, heard.stages)


@contextmanager
def _timed(name: str, stages: list[Stage]) -> Generator[None]:
    began = time.time_ns()
    try:
        yield
    finally:
        stages.append(Stage(name, began, time.time_ns()))


def heard_by(heard: Heard | None, work: Callable[[], T]) -> T:
    """What the work gives; its stages are put in ``heard``."""
    if heard is None:
        return work()
    token = _HEARD.set(heard)
    try:
        return work()
    finally:
        _HEARD.reset(token)


def alone(place: int, work: Callable[[], T]) -> T:
    """What the work gives, which is about the record at this place only."""
    heard = _HEARD.get()
    if heard is None:
        return work()
    one = Heard(heard.of(place))
    one.stages = heard.stages
    return heard_by(one, work)


def traces(places: Iterable[int]) -> dict[int, str]:
    """Place → the trace that the record there belongs to, where it does."""
    heard = _HEARD.get()
    if heard is None or heard.trace is None:
        return {}
    return {place: trace for place in places if (trace := heard.of(place)) is not None}
