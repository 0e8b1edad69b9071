"""Door: lets the portal's addresses into the gateway. Light: the portal itself is loaded when the first page is asked for."""

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import ASGIApp, Receive, Scope, Send

from mainspring.faces.serve.gateway import Gateway

SITE = "mainspring.faces.portal.site"
FORWARD = "mainspring.faces.portal.forward"
FIRST = frozenset(
    ("", "login", "new", "automations", "runs", "alerts", "data", "portal", "my", "label", "_nicegui", "_nicegui_ws")
)
"""What the portal's addresses begin with; every other address is the gateway's."""


OPEN = ("/login", "/my/", "/portal/style.css", "/portal/login.js", "/portal/prefer/")
"""Open to all: where one signs in, a customer's own page (its address is a secret of theirs), and what these two load."""


def installed() -> bool:
    return importlib.util.find_spec("nicegui") is not None


def attach(app: FastAPI, kept: Path | None = None) -> None:
    """Serve the portal under ``/`` of the gateway; without ``mainspring[portal]`` nothing changes.

    ``kept`` is the UNIX socket of the process that keeps the pages, where it is not this one.
    """
    if not installed():
        return
    door = Entrance(SITE, cast(Gateway, app.state.gateway)) if kept is None else Entrance(FORWARD, kept)
    app.router.routes.append(door)
    app.state.pages = OPEN
    before = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(served: Any) -> AsyncGenerator[Any]:
        async with before(served) as state:
            try:
                yield state
            finally:
                await door.close()

    app.router.lifespan_context = lifespan


class Entrance(BaseRoute):
    """Opened by the first who comes: loading the portal takes about a second, which deciding must not wait for. ``opened`` of the module
    is told ``of`` and answers an application."""

    def __init__(self, module: str, of: Gateway | Path) -> None:
        self._module, self._of = module, of
        self._site: ASGIApp | None = None
        self._open = AsyncExitStack()
        self._opening = asyncio.Lock()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        fits = scope["type"] in ("http", "websocket") and scope["path"].split("/", 2)[1] in FIRST
        return (Match.FULL if fits else Match.NONE), {}

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        site = self._site
        if site is None:
            async with self._opening:
                site = self._site or await self._load()
        await site(scope, receive, send)

    async def _load(self) -> ASGIApp:
        module = await asyncio.get_running_loop().run_in_executor(None, importlib.import_module, self._module)
        self._site = cast(ASGIApp, await self._open.enter_async_context(module.opened(self._of)))
        return self._site

    async def close(self) -> None:
        await self._open.aclose()
