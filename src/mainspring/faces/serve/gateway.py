"""Gateway: what the addresses share: the workspace, the limits, the threads that ask it, the deliveries, the watching."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import Any, TypeVar

from fastapi import FastAPI

from mainspring.cores import cores
from mainspring.errors import MainspringError
from mainspring.faces.serve.access.access import Access
from mainspring.faces.serve.body import Asked
from mainspring.faces.serve.limits import Limits
from mainspring.faces.serve.load.gathering import Gathering
from mainspring.faces.serve.load.metrics import Metrics
from mainspring.faces.serve.load.turned_away import overloaded
from mainspring.faces.serve.threads.work import Work
from mainspring.faces.serve.trail.deprecated import FIELDS, Headers, headers_of, items_of
from mainspring.faces.serve.trail.trail import Trail
from mainspring.run.access.roles import Caller
from mainspring.run.stages.traces import Traces
from mainspring.workspace import Workspace

T = TypeVar("T")
THREADS = 8
NOTICED = 2.0
"""Seconds until what another process said of an automation is known here."""
WAITING = 20 * THREADS
"""So many questions may be with the threads at once."""


class Gateway:
    """``patience`` is how many seconds a question may wait for its turn: what could only be answered later is turned away at once."""

    def __init__(self, workspace: Workspace, limits: Limits, access: Access, work: Work, patience: float) -> None:
        self.workspace, self.limits, self.access, self._work = workspace, limits, access, work
        self.deliveries = work.deliveries
        self.metrics = Metrics()
        self.traces: Traces | None = None
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mainspring-gateway")
        self.gathering = Gathering(workspace.live, self.threads, patience)
        self.opening: Future[list[str]] | None = None
        """The opening of all automations, while the lifespan lasts."""
        self._asked = 0
        self._computing = asyncio.Semaphore(cores())
        self._deprecated: Mapping[str, Headers] = {}
        self._fields: Mapping[str, Mapping[str, str]] = {}
        self._of_topics: Mapping[str, Sequence[str]] = {}
        self._noticed = -NOTICED
        self.draining = False
        self.listening = 0
        """How many are told of decisions as they are made."""

    def drain(self) -> None:
        """From here on it is not ready any more, though it answers."""
        self.draining = True

    def well(self) -> bool:
        """Whether new requests are welcome: it is not being stopped, and all that it does beside answering goes on."""
        return not self.draining and self._work.alive() and self.access.alive()

    async def ask(
        self, work: Callable[[], T], *, always: bool = False, turn: AbstractAsyncContextManager[None] | None = None
    ) -> T:
        """Run synchronous ``work`` in a thread, so that a slow question does not hold up the others; it waits for its ``turn`` if told one.

        Raises:
            Refused: 503, too many wait already; not where it must be ``always``.
        """
        if self._asked >= WAITING and not always:
            raise overloaded()
        self._asked += 1
        try:
            async with turn or nullcontext():
                return await asyncio.get_running_loop().run_in_executor(self.threads, work)
        finally:
            self._asked -= 1

    async def compute(self, work: Callable[[], T]) -> T:
        """As :meth:`ask`, what keeps the interpreter busy: of more at once than there are cores, each would only wait for the others."""
        return await self.ask(work, turn=self._computing)

    async def look(self, token: str) -> tuple[Caller, float | None] | None:
        """Who shows a key or token that is new here, and until when a token holds.

        Raises:
            ServeError: the issuer of tokens cannot be reached. StoreError: the database cannot.
        """
        if pause := self.access.pause(token):
            await asyncio.sleep(pause)
        return await self.ask(lambda: self.access.look(token))

    async def notices(self, name: str) -> Headers:
        """What answers about an automation say of its end, where it is deprecated. What was said elsewhere is noticed within moments."""
        await self._notice()
        return self._deprecated.get(name, ())

    async def _notice(self) -> None:
        if time.monotonic() - self._noticed < NOTICED:
            return
        self._noticed = time.monotonic()
        contracts = self.workspace.contracts
        # Where the database cannot be reached, what was known goes on being said; the answer itself tells of that.
        with suppress(MainspringError):
            told = await self.ask(contracts.deprecations.all, always=True)
            self._deprecated = {one: headers_of(one, deprecation) for one, deprecation in told.items()}
            fields = await self.ask(contracts.deprecations.fields, always=True)
            self._fields = {one: items_of(deprecated) for one, deprecated in fields.items()}
            self._of_topics = await self.ask(contracts.of_topics, always=True) if fields else {}

    def sent(self, name: str, question: Asked, trail: Trail) -> None:
        """Tell whoever sent records, and the log, which of their fields are deprecated."""
        if name in self._fields:
            self._tell(
                [name], (one for place, one in enumerate(question.records) if place not in question.wrong), trail
            )

    async def published(self, topic: str, records: Sequence[Mapping[str, Any]], trail: Trail) -> None:
        """The same to whoever sent them as events, on which automations decide."""
        await self._notice()
        if names := self._of_topics.get(topic):
            self._tell(names, records, trail)

    def _tell(self, names: Iterable[str], records: Iterable[Mapping[str, Any]], trail: Trail) -> None:
        fields = set[str]().union(*records)
        found = {
            (name, field): item
            for name in names
            for field, item in self._fields.get(name, {}).items()
            if field in fields
        }
        if not found:
            return
        header = (FIELDS.lower().encode(), ", ".join(dict.fromkeys(found.values())).encode("ascii"))
        trail.notices, trail.deprecated = (*trail.notices, header), list(dict.fromkeys(field for _, field in found))
        for name, field in found:
            self.metrics.deprecated.labels(name, field).inc()

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncGenerator[None]:
        self.access.start()
        self._work.start()
        try:
            # In the background: a gateway that is alive but not ready yet is what /readyz is for.
            self.opening = self.threads.submit(self.workspace.live.open_all)
            yield
            self.opening.cancel()
        finally:
            self.drain()
            self._work.stop_listening()
            self.threads.shutdown()
            self._work.stop()
            self.access.stop()
