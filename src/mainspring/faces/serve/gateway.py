"""Gateway: what the addresses share: the workspace, the limits, the threads that ask it, the deliveries, the watching."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import FastAPI

from mainspring.faces.serve.access.access import Access
from mainspring.faces.serve.limits import Limits
from mainspring.faces.serve.threads.deliveries import Deliveries
from mainspring.faces.serve.threads.learning import Learning
from mainspring.faces.serve.threads.listeners import Listeners
from mainspring.faces.serve.threads.watching import Watching
from mainspring.run.access.roles import Caller
from mainspring.workspace import Workspace

T = TypeVar("T")
THREADS = 8


@dataclass(frozen=True, slots=True)
class Gateway:
    workspace: Workspace
    limits: Limits
    deliveries: Deliveries
    listeners: Listeners
    watching: Watching
    learning: Learning
    access: Access
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, thread_name_prefix="mainspring-gateway")
    )

    async def ask(self, work: Callable[[], T]) -> T:
        """Run synchronous ``work`` in a thread, so that a slow question does not hold up the others."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    async def look(self, token: str) -> tuple[Caller, float | None] | None:
        """Who shows a key or token that is new here, and until when a token holds.

        Raises:
            ServeError: the issuer of tokens cannot be reached. StoreError: the database cannot.
        """
        if pause := self.access.pause(token):
            await asyncio.sleep(pause)
        return await self.ask(lambda: self.access.look(token))

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncGenerator[None]:
        self.access.start()
        self.deliveries.start()
        self.listeners.start()
        self.watching.start()
        self.learning.start()
        try:
            # In the background: a gateway that is alive but not ready yet is what /readyz is for.
            opening = self.threads.submit(self.open_all)
            yield
            opening.cancel()
        finally:
            self.listeners.stop()
            self.threads.shutdown()
            self.learning.stop()
            self.watching.stop()
            self.deliveries.stop()
            self.access.stop()

    def open_all(self) -> list[str]:
        """The names of the automations, each open from here on."""
        return [entry["name"] for entry in self.workspace.automations()]
