"""Site: the pages on NiceGUI, which carries what changes to the browser and what is done there back."""

import asyncio
import importlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar, cast

from fastapi import FastAPI, Request
from nicegui import core, ui
from starlette.types import ASGIApp

from mainspring.errors import MainspringError
from mainspring.faces.portal import frame
from mainspring.faces.portal.customer import CUSTOMER
from mainspring.faces.portal.files import FILES
from mainspring.faces.portal.kinds import PAGES
from mainspring.faces.portal.login import LOGIN
from mainspring.faces.portal.page import Page, Told, Visit
from mainspring.faces.portal.running.runs import RunningRuns
from mainspring.faces.portal.say import Say, language_of
from mainspring.faces.serve.access.access import caller_of
from mainspring.faces.serve.door.guard import check
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.problems import Refused, answer_problems
from mainspring.run.access.roles import Caller, Role
from mainspring.steps.learn.report.markup import Html

LOG = logging.getLogger(__name__)
PATIENCE = 60.0
"""Seconds a page may take to be made."""
THREADS = ThreadPoolExecutor(4, thread_name_prefix="mainspring-portal")
"""Threads of its own: a slow question of someone who looks must not keep decisions waiting."""
SPOKEN = ("answer", "check")
"""Regions whose changes are read out."""
T = TypeVar("T")


@asynccontextmanager
async def opened(gateway: Gateway) -> AsyncGenerator[ASGIApp]:
    """The portal as an application, for as long as this lasts. NiceGUI knows one a process."""
    site = FastAPI(title="Mainspring", docs_url=None, redoc_url=None, openapi_url=None)
    site.state.gateway = gateway
    running = RunningRuns(gateway.workspace.place)
    site.include_router(FILES)
    site.include_router(LOGIN)
    site.include_router(CUSTOMER)
    answer_problems(site)
    for address, kind in PAGES.items():
        ui.page(address, response_timeout=PATIENCE)(_shown(gateway, running, kind))
    # Pages of other sites must not talk to ours in their visitors' names.
    core.sio.eio.cors_allowed_origins = None  # pyright: ignore[reportUnknownMemberType] - the library has no types
    ui.run_with(  # pyright: ignore[reportUnknownMemberType]
        site, title="Mainspring", tailwind=False, dark=None, show_welcome_message=False, favicon=frame.ICON
    )
    try:
        async with site.router.lifespan_context(site):
            yield site
    finally:
        running.close()


def _shown(gateway: Gateway, running: RunningRuns, kind: str) -> Callable[..., Any]:
    module, _, name = kind.partition(":")
    make = cast(Callable[[Visit], Page], getattr(importlib.import_module(module), name))

    async def show(request: Request) -> None:
        say = Say(language_of(request.cookies.get("language"), request.headers.get("accept-language", "")))
        query = f"?{request.url.query}" if request.url.query else ""
        visit = Visit(
            gateway,
            running,
            caller_of(request),
            say,
            request.path_params,
            request.query_params,
            request.url.path + query,
            request.cookies.get("theme", ""),
        )
        await Sight(visit, make, presence(gateway, request)).show()

    return show


def presence(gateway: Gateway, request: Request) -> Callable[[], Caller | None]:
    """Who is there now: asked again before whatever is done or shown on a page that was opened before."""
    cookie, (kind, _, token) = (
        request.headers.get("cookie", ""),
        request.headers.get("authorization", "").partition(" "),
    )
    if kind.lower() == "bearer":
        return lambda: gateway.access.known(token.strip())
    return lambda: gateway.access.in_session({"method": "GET"}, {"cookie": cookie})


class Sight:
    """One open page in one browser."""

    def __init__(self, visit: Visit, make: Callable[[Visit], Page], present: Callable[[], Caller | None]) -> None:
        self._visit, self._make, self._present = visit, make, present
        self._shown: dict[str, ui.html] = {}
        self._turn = asyncio.Lock()

    async def _ask(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(THREADS, work)

    async def show(self) -> None:
        visit = self._visit
        ui.add_head_html(frame.head(visit))
        try:
            role, of = cast(type[Page], self._make).needs
            check(visit.caller, role, of, visit.path.get("name", ""))
            self._page = await self._ask(partial(self._make, visit))
            if visit.next is not None:
                ui.navigate.to(visit.next)
                return
            regions = await self._ask(self._page.regions)
        except (MainspringError, Refused) as error:
            ui.page_title("Mainspring")
            ui.html(frame.failed(visit, error), sanitize=False)
            return
        ui.page_title(f"{self._page.title} · Mainspring")
        ui.html(frame.top(visit), sanitize=False).classes("top")
        with ui.element("div").classes("content").props("id=content"):
            for name, markup in regions.items():
                self._shown[name] = ui.html(markup, sanitize=False).classes(f"region at-{name}")
                if name in SPOKEN:
                    self._shown[name].props("aria-live=polite")
        self._notice = ui.html("", sanitize=False).classes("notices").props("role=status aria-live=polite")
        ui.on("act", self._act)
        if self._page.every:
            ui.timer(self._page.every, self._look)

    def _gone(self) -> bool:
        """Whether the session is over: it ended, the key was revoked, or someone signed out."""
        caller = self._present()
        if caller is None:
            ui.navigate.to("/login")
            return True
        self._visit.caller = caller
        return False

    async def _look(self) -> None:
        # What is being done already shows its end by itself.
        if not self._turn.locked() and not self._gone():
            async with self._turn:
                await self._refresh()

    async def _refresh(self) -> None:
        try:
            self._send(await self._ask(self._page.regions))
        except MainspringError as error:
            LOG.warning("%s: %s", self._visit.address, error)

    def _send(self, regions: Mapping[str, Html]) -> None:
        for name, markup in regions.items():
            if self._shown[name].content != markup:
                self._shown[name].set_content(markup)

    async def _act(self, event: Any) -> None:
        told = {str(name): str(value) for name, value in dict(event.args).items()}
        known = self._page.actions().get(told.pop("do", ""))
        if known is None or self._gone():
            return
        async with self._turn:
            await self._do(*known, told)

    async def _do(self, role: Role, action: Callable[[Told], None], told: Told) -> None:
        visit = self._visit
        try:
            check(visit.caller, role, self._page.needs[1], visit.path.get("name", ""))
            await self._ask(partial(action, told))
        except (MainspringError, Refused) as error:
            visit.complain(error)
        if visit.next is not None:
            ui.navigate.to(visit.next)
            visit.next = None
            return
        if visit.notices:
            self._notice.set_content(frame.notices(visit))
            visit.notices.clear()
        await self._refresh()
