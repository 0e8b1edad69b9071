"""Decisions: those that were made, a page at a time, and as they are made."""

import asyncio
import time
from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated, Any, cast

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict
from starlette.responses import StreamingResponse

from mainspring.errors import MainspringError
from mainspring.faces.serve.answers import JsonResponse
from mainspring.faces.serve.documents import PROBLEMS, Document
from mainspring.faces.serve.door.guard import Guarded, needs
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.load.turned_away import overloaded
from mainspring.run.access.roles import Role

MADE = APIRouter(default_response_class=JsonResponse, route_class=Guarded)
HERE = "/v1/automations/{name}"
LARGEST = 2**63 - 1
LOOK, ALIVE = 0.5, 15.0
"""Seconds between two looks for new decisions, and between two signs of life where there are none."""
LISTENERS = 50
BATCH = 200


class Made(Document):
    model_config = ConfigDict(extra="forbid")
    number: int
    """Its place in the journal."""
    decision: str
    key: str | None
    action: str
    prediction: Any
    gain: float | None
    model_version: int | None
    occasion: str
    at: str


class Page(Document):
    model_config = ConfigDict(extra="forbid")
    decisions: list[Made]
    next: int | None
    """What to ask for as `before` to get the next page; null on the last one."""


@MADE.get(HERE + "/decisions", responses={200: {"model": Page}, **PROBLEMS}, openapi_extra=needs(Role.VIEWER))
async def page(
    name: str, request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
    key: Annotated[str | None, Query(max_length=1_000)] = None,
    action: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:  # fmt: skip
    """The decisions that were made, newest first. A page costs the same wherever it begins."""
    gateway = cast(Gateway, request.app.state.gateway)
    work = partial(gateway.workspace.live.page, name, limit, before=before, key=key, action=action)
    found = await gateway.ask(work)
    following = found[-1]["number"] if len(found) == limit else None
    return JsonResponse({"decisions": found, "next": following})


@MADE.get(
    HERE + "/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}, **PROBLEMS},
    openapi_extra=needs(Role.VIEWER),
)
async def live(name: str, request: Request, after: Annotated[int | None, Query(ge=0, le=LARGEST)] = None) -> Response:
    """Decisions as they are made (server-sent events), from the newest on; with `after`, or a `Last-Event-ID`, those that came since.

    Each event has the journal's number as its `id` and a decision, as in a page of them, as its `data`.
    """
    gateway = cast(Gateway, request.app.state.gateway)
    if gateway.listening >= LISTENERS:
        raise overloaded()
    last = request.headers.get("last-event-id", "")
    begin = int(last) if last.isdecimal() and len(last) < 19 else after
    newest = await gateway.ask(partial(gateway.workspace.live.newest, name))
    events = _events(gateway, name, newest if begin is None else begin)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(gateway: Gateway, name: str, number: int) -> AsyncGenerator[bytes]:
    gateway.listening += 1
    told = time.monotonic()
    try:
        yield b"retry: 2000\n\n"
        while not gateway.draining:
            try:
                found = await gateway.ask(partial(gateway.workspace.live.after, name, number, BATCH), always=True)
            except MainspringError:
                return  # whoever listens connects again, and goes on where it was
            for row in found:
                number = row["number"]
                yield b"id: %d\nevent: decision\ndata: %b\n\n" % (number, orjson.dumps(row, default=str))
            if found:
                told = time.monotonic()
            elif time.monotonic() - told > ALIVE:
                told = time.monotonic()
                yield b": alive\n\n"
            if len(found) < BATCH:
                await asyncio.sleep(LOOK)
    finally:
        gateway.listening -= 1
