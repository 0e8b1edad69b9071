"""Gathering: what is asked for while others are being answered is answered together, decisions recorded in one transaction."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from mainspring.errors import BadRecord
from mainspring.faces.serve.load.turned_away import TurnedAway
from mainspring.run.live.live import Live, Row
from mainspring.run.stages.stages import Heard, heard_by

Record = Mapping[str, Any]
AT_ONCE, EXPLAINED = 128, 16
"""So many are decided together at most, without and with reasons: those behind them wait for all of them."""
SEVERAL = 4
"""Who comes first after so many were decided together is not decided alone: the others are on their way again."""
HELD, LONGEST = 0.5, 0.005
"""So long the first waits for them: a share of the time that those took, and at most so many seconds."""
FEW, MOST = 16, 5_000
"""So many may always wait: they are decided together; and never more than so many."""


class Manner(NamedTuple):
    """How it is to be decided: with ``reasons``, and recorded before it is answered or not."""

    reasons: bool = True
    durable: bool = True


@dataclass(slots=True, eq=False)
class Asking:
    """One who asks, where the answer goes, and who listens to the stages of deciding, if anyone does."""

    record: Record
    occasion: str
    answer: "asyncio.Future[Row]"
    heard: Heard | None = None


@dataclass(slots=True, eq=False)
class Line:
    """Those who wait for one automation's decisions, made in a ``manner``, or its predictions (None). ``pace`` is about how many seconds
    a record takes, ``last`` how many were answered together lately, ``held`` begins with those who wait where others are on their way.
    """

    name: str
    manner: Manner | None
    waiting: list[Asking] = field(default_factory=list[Asking])
    busy: bool = False
    pace: float | None = None
    last: int = 0
    held: asyncio.TimerHandle | None = None

    @property
    def most(self) -> int:
        return EXPLAINED if self.manner is not None and self.manner.reasons else AT_ONCE

    @property
    def wait(self) -> float:
        """Seconds of work ahead of who comes now; none where it still goes together with all that wait, which is no line."""
        return 0.0 if len(self.waiting) < FEW or self.pace is None else len(self.waiting) * self.pace

    def is_full(self, patience: float) -> bool:
        return self.wait > patience or len(self.waiting) >= MOST

    def took(self, seconds: float, records: int) -> None:
        """The first to be decided waited for the model to be opened, which tells nothing of those that follow."""
        if self.pace is None:
            self.pace = 0.0
        else:
            self.pace = 0.8 * (self.pace or seconds / records) + 0.2 * seconds / records


class Gathering:
    """``patience`` is how many seconds of work may wait; who comes after that is told to come again."""

    def __init__(self, live: Live, threads: Executor, patience: float) -> None:
        self._live, self._threads, self._patience = live, threads, patience
        self._lines: dict[tuple[str, Manner | None], Line] = {}
        self.turned_away = TurnedAway(self._is_pressed)

    async def decide(self, name: str, record: Record, occasion: str, manner: Manner, heard: Heard | None = None) -> Row:
        """The decision about one record, as soon as it is recorded.

        Raises:
            BadRecord: naming every wrong field. NotFound, StoreError: as the workspace says.
            Refused: 503, too many wait already.
        """
        return await self._answer(name, manner, Asking(record, occasion, _future(), heard))

    async def predict(self, name: str, record: Record) -> Row:
        """The prediction about one record.

        Raises:
            BadRecord: naming every wrong field. NotFound: as the workspace says.
            Refused: 503, too many wait already.
        """
        return await self._answer(name, None, Asking(record, "", _future()))

    async def _answer(self, name: str, manner: Manner | None, asking: Asking) -> Row:
        line = self._lines.get((name, manner))
        if line is None:
            line = self._lines[name, manner] = Line(name, manner)
        if line.is_full(self._patience):
            raise self.turned_away.refusal(line.wait, line.pace or 0.0)
        line.waiting.append(asking)
        if not line.busy:
            self._begin_soon(line)
        return await asking.answer

    def _is_pressed(self, name: str) -> bool:
        """Whether anyone waits: let in at the first room, all who were turned away would come at once, and most in vain."""
        return any(line.wait for line in self._lines.values() if line.name == name)

    def _begin_soon(self, line: Line) -> None:
        """At once, or once as many wait as were answered just now, or after a moment without them."""
        if line.last < SEVERAL or len(line.waiting) >= line.last:
            self._begin(line)
        elif line.held is None:
            moment = min(HELD * line.last * (line.pace or 0.0), LONGEST)
            line.held = asyncio.get_running_loop().call_later(moment, self._begin, line)

    def _begin(self, line: Line) -> None:
        if line.held is not None:
            line.held.cancel()
            line.held = None
        batch, line.waiting = line.waiting[: line.most], line.waiting[line.most :]
        line.busy = True
        loop, began = asyncio.get_running_loop(), time.monotonic()
        records = [one.record for one in batch]
        heard = None
        if any(one.heard is not None for one in batch):
            heard = Heard([None if one.heard is None else one.heard.of(0) for one in batch])
        if line.manner is None:
            ask = partial(self._live.predict, line.name, records)
        else:
            occasions = [one.occasion for one in batch]
            ask = partial(self._live.decide, line.name, records, occasions, **line.manner._asdict())
        work = self._threads.submit(heard_by, heard, ask)

        def ended(done: "Future[list[Row | BadRecord]]") -> None:
            for one in batch if heard is not None else ():
                if heard is not None and one.heard is not None:
                    one.heard.stages.extend(heard.stages)
            loop.call_soon_threadsafe(partial(self._end, line, batch, began, done))

        work.add_done_callback(ended)

    def _end(self, line: Line, batch: Sequence[Asking], began: float, done: "Future[list[Row | BadRecord]]") -> None:
        line.took(time.monotonic() - began, len(batch))
        line.last, line.busy = len(batch), False
        error = done.exception()
        for place, asking in enumerate(batch):
            answer = error or done.result()[place]
            if asking.answer.done():
                continue  # whoever asked has gone; the decision stands
            if isinstance(answer, BaseException):
                asking.answer.set_exception(answer)
            else:
                asking.answer.set_result(answer)
        if line.waiting:
            self._begin_soon(line)
        elif error is not None:
            self._lines.pop((line.name, line.manner), None)  # names that do not exist leave nothing behind


def _future() -> "asyncio.Future[Row]":
    return asyncio.get_running_loop().create_future()
