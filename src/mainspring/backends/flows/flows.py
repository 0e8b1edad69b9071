"""Flows: what is carried out in steps, each of which is done once though the process dies in between."""

import importlib
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from mainspring.backends.flows.kinds import DURABLE
from mainspring.errors import Busy

AN_INSTANT = 1.0
Result = dict[str, Any]
State = Literal["waiting", "running", "interrupted", "finished", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done: a ``kind`` of flow about a ``subject``. ``arguments`` are JSON values: another process may go on with it."""

    run: str
    kind: str
    subject: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def lock(self) -> str:
        """What whoever carries it out holds."""
        return f"the {self.kind} of {self.subject!r}"


@dataclass(frozen=True, slots=True)
class DoneStep:
    """``size`` is of the result as it is kept, in bytes. Where ``error`` is told, the step failed and is done again on resuming."""

    step: str
    began: datetime
    seconds: float
    size: int
    told: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """One flow and what became of it. ``schedule`` is the one that began it, if any."""

    run: str
    kind: str
    subject: str
    state: State
    began: datetime
    changed: datetime
    error: str = ""
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """``cron`` has five fields (or six, with seconds first), of UTC."""

    name: str
    cron: str
    kind: str
    subject: str
    arguments: Mapping[str, Any]
    paused: bool = False
    last: datetime | None = None


class Steps(Protocol):
    """Handed to a flow's body."""

    run: str

    def step(self, name: str, work: Callable[[], Result], told: Callable[[Result], str]) -> tuple[Result, bool]:
        """The result of ``work``, and whether it was done before: then it is not done again."""
        ...

    def finished(self) -> list[DoneStep]:
        """The steps behind us."""
        ...

    def heed(self) -> None:
        """To be called now and then within long steps: returns unless someone cancelled the flow or this process is to stop."""
        ...


Body = Callable[[Steps, Task], Result]


class Repertoire(Protocol):
    """What can be carried out, for whoever does so in the background."""

    def begin(self, kind: str, subject: str, arguments: Mapping[str, Any], run: str) -> Task:
        """The task that a schedule stands for."""
        ...

    def body(self, kind: str) -> Body: ...


class Durable(Protocol):
    """Carries flows out. Those with the same kind and subject exclude each other, in all processes."""

    def carry_out(self, task: Task, body: Body) -> Result:
        """Do it here and now, or go on with it where it was; its result, or the error of the step that failed.

        Raises:
            Busy: another process is at it. Cancelled: someone cancelled it meanwhile.
            SpecError: another release of Mainspring began it.
        """
        ...

    def enqueue(self, task: Task, schedule: str = "") -> bool:
        """Leave it to whoever works on the queue. False: the ``schedule``'s last one is not done yet, and this one is left out."""
        ...

    def work(self, repertoire: Repertoire, stopped: threading.Event, at_once: int) -> None:
        """Carry out what waits and what is scheduled, at most ``at_once`` at a time over all who work, until ``stopped``.

        What is under way then goes on with whoever works next; so does what a process left that was killed.
        """
        ...

    def find(self, run: str) -> FlowFacts | None: ...

    def task(self, run: str) -> Task:
        """What it was begun with. Raises NotFound."""
        ...

    def list(self, limit: int = 100) -> "list[FlowFacts]":
        """Newest first."""
        ...

    def steps(self, run: str) -> "list[DoneStep]":
        """Those that were done, in their order."""
        ...

    def result(self, run: str, step: str) -> Result | None:
        """What a step came to, or None where there is no such run or the step was not done."""
        ...

    def cancel(self, run: str) -> None:
        """It stops before its next step, and within a long one; what it did stays. A flow that has ended stays as it is."""
        ...

    def schedule(self, schedule: Schedule) -> None:
        """Keep it, in place of one of the same name. Raises SpecError where ``cron`` is none."""
        ...

    def schedules(self) -> "list[Schedule]": ...

    def unschedule(self, name: str) -> None: ...

    def pause(self, name: str, *, on: bool) -> None: ...

    def fire(self, name: str) -> None:
        """Begin what is scheduled now, beside its times."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What carrying out needs: the store's database, its way to write values, its locks, and which release this is."""

    url: str
    to_text: Callable[[Any], str]
    from_text: Callable[[str], Any]
    alone: Callable[[str], AbstractContextManager[None]]
    version: str

    @contextmanager
    def held(self, lock: str) -> Generator[None]:
        """:attr:`alone` for as long as a flow is carried out. Whoever asks whether it lives holds its lock for an instant: it is
        waited for.

        Raises:
            Busy: another process is at it.
        """
        end = time.monotonic() + AN_INSTANT
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(self.alone(lock))
                    break
                except Busy:
                    if time.monotonic() > end:
                        raise
                    time.sleep(AN_INSTANT / 50)
            yield


class Flows:
    """Opens when first asked."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._lock = threading.Lock()
        self._opened: Durable | None = None

    def open(self) -> Durable:
        """Raises MissingExtra or StoreError where it cannot be opened."""
        with self._lock:
            if self._opened is None:
                module, _, name = DURABLE.partition(":")
                self._opened = cast(Durable, getattr(importlib.import_module(module), name)(self._means))
            return self._opened

    def close(self) -> None:
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()
