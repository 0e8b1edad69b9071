"""Once: ``Idempotency-Key``: what is sent again is not done again, and answered as the first time."""

from collections.abc import MutableMapping
from functools import partial
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from mainspring.errors import MainspringError
from mainspring.faces.serve.access.access import CALLER
from mainspring.faces.serve.body import read_bytes
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.load.metrics import ROUTE
from mainspring.faces.serve.problems import Refused, problem_of
from mainspring.run.access.once import Answered, Asked, Turn

HEADER = "idempotency-key"
LONGEST = 200
UNDER = "/v1/"
BY_THEMSELVES = ("/v1/topics/", "/v1/session")
"""Events know who was here before by their own, and a session is begun anew."""
AGAIN = [(b"content-type", b"application/json"), (b"idempotency-replayed", b"true")]
PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
    "description": "Sent again under the same key within a day, a request is not done again and answered as the first time.",
}


class Once:
    """ASGI middleware, behind the door."""

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self._app, self._gateway = app, gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(HEADER) if scope.get("method") == "POST" else None
        if key is None or scope.get(CALLER) is None or not takes_keys(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            if not 0 < len(key) <= LONGEST:
                raise Refused(422, "bad-key", f"an idempotency key has 1 to {LONGEST} characters")
            raw = await read_bytes(Request(scope, receive), self._gateway.limits)
            asked = Asked(scope[CALLER].id, f"POST {scope['path']}?{scope['query_string'].decode('latin-1')}", key, raw)
            found = await self._gateway.ask(partial(self._gateway.workspace.once.begin, asked))
            if isinstance(found, str):
                raise _used() if found == "other" else _busy()
        except (Refused, MainspringError) as error:
            await problem_of(error, "POST", scope["path"], "other")(scope, receive, send)
            return
        if isinstance(found, Answered):
            scope[ROUTE] = "answered before"
            headers = [*AGAIN, (b"content-length", str(len(found.plain)).encode())]
            await send({"type": "http.response.start", "status": found.status, "headers": headers})
            await send({"type": "http.response.body", "body": found.plain})
            return
        await self._do(found, scope, raw, send)

    async def _do(self, turn: Turn, scope: Scope, raw: bytes, send: Send) -> None:
        """Have it done, and keep what it is answered before anyone is told."""
        told: list[MutableMapping[str, Any]] = []

        async def body() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def hear(message: MutableMapping[str, Any]) -> None:
            told.append(message)

        done = False
        try:
            await self._app(scope, body, hear)
            status = next(message["status"] for message in told if message["type"] == "http.response.start")
            if done := 200 <= status < 300:
                plain = b"".join(message.get("body", b"") for message in told)
                keep = partial(self._gateway.workspace.once.keep, turn, Answered(status, plain))
                await self._gateway.ask(keep, always=True)
        finally:
            if not done:
                await self._gateway.ask(partial(self._gateway.workspace.once.drop, turn), always=True)
        for message in told:
            await send(message)


def takes_keys(path: str) -> bool:
    return path.startswith(UNDER) and not path.startswith(BY_THEMSELVES)


def _used() -> Refused:
    return Refused(
        422, "key-used", "this idempotency key stands for another request", remedy="send a new key with a new request"
    )  # fmt: skip


def _busy() -> Refused:
    return Refused(
        409, "being-answered", "the same request is being answered", remedy="wait, and send it again", headers={"Retry-After": "1"}
    )  # fmt: skip
