"""Door: everything that is asked comes through here. Without a key only health is open."""

import time
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mainspring.errors import MainspringError
from mainspring.faces.serve.access.access import CALLER, unknown
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.load.metrics import ROUTE
from mainspring.faces.serve.problems import Refused, answer, document_of
from mainspring.faces.serve.trail.deprecated import named
from mainspring.faces.serve.trail.trail import HEADER, TRAIL, Trail
from mainspring.run.access.roles import Caller, Role

OPEN = frozenset({"/healthz", "/readyz", "/v1/session"})
"""Open to all: whether the gateway is well, and showing one's key."""
SIGNED = "/v1/topics/"
"""Whoever sends events may sign them instead: the route itself looks at the signature."""
LOGIN = "/login"
METHODS = frozenset({"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"})
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
CLOSED = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
PAGES = (
    b"content-security-policy",
    b"default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    b"connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
)
NOT_KEPT = (b"cache-control", b"no-store")
TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class Door:
    """ASGI middleware. ``pages`` are the addresses, or beginnings of them (ending in ``/``), that a face with pages opens to all: its
    log-in page and what that loads; with any, a browser that is not known is sent to ``/login``."""

    def __init__(self, app: ASGIApp, gateway: Gateway, pages: Callable[[], tuple[str, ...]]) -> None:
        self._app, self._gateway, self._access, self._pages = app, gateway, gateway.access, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        began, trail = time.perf_counter(), Trail(scope["headers"])
        scope[TRAIL] = trail
        answered = _guarding(send, scope, trail)
        headers = Headers(scope=scope)
        if self._gateway.traces is not None and scope["type"] == "http":
            trail.span = self._gateway.traces.begin(headers)
        try:
            caller = await self._caller(scope, headers)
            if caller is not None:
                if self._access.terms.counted:
                    self._access.rates.take(caller)
                scope[CALLER] = caller
                if (name := named(scope["path"])) and scope["type"] == "http" and caller.may(Role.VIEWER, name):
                    trail.notices = await self._gateway.notices(name)
            elif not self._open(scope["path"], headers):
                raise unknown()
        except Refused as refused:
            await self._refuse(refused, scope, receive, answered)
        except MainspringError as error:
            await answer(document_of(error), scope["path"])(scope, receive, answered)
        else:
            await self._app(scope, receive, answered)
        finally:
            self._count(scope, trail, time.perf_counter() - began)

    def _count(self, scope: Scope, trail: Trail, seconds: float) -> None:
        if scope["type"] == "http":
            route = scope.get(ROUTE) or getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._gateway.metrics.requests.labels(method, route, str(trail.status)).inc()
            self._gateway.metrics.seconds.labels(route).observe(seconds)
            if trail.status in (429, 503):
                self._gateway.metrics.shed.inc()
            trail.tell(method, route, seconds)

    async def _caller(self, scope: Scope, headers: Headers) -> Caller | None:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and (token := token.strip()):
            caller = self._access.known(token)
            if caller is None:
                looked = await self._gateway.look(token)
                caller = None if looked is None else looked[0]
            if caller is None and scope["path"] not in OPEN:
                raise unknown()
            return caller
        return self._access.in_session(scope, headers) if "cookie" in headers else None

    def _open(self, path: str, headers: Headers) -> bool:
        if path in OPEN or (path.startswith(SIGNED) and "authorization" not in headers):
            return True
        return any(path == page or (page.endswith("/") and path.startswith(page)) for page in self._pages())

    async def _refuse(self, refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        wants_a_page = "text/html" in Headers(scope=scope).get("accept", "") and scope["method"] == "GET"
        if refused.status == 401 and wants_a_page and self._pages():
            await RedirectResponse(LOGIN, 303)(scope, receive, send)
            return
        await answer(refused.document(), scope["path"], refused.headers)(scope, receive, send)


def _guarding(send: Send, scope: Scope, trail: Trail) -> Send:
    """Puts on the request's id, and the headers that keep browsers from harm, where the answer does not say otherwise."""
    if scope["type"] != "http":
        return send
    secure = scope.get("scheme") == "https"

    async def guarded(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            trail.status = message["status"]
            shown = list(message.get("headers", ()))
            kinds = {name.lower(): value for name, value in shown}
            page = kinds.get(b"content-type", b"").startswith(b"text/html")
            wanted = [
                (HEADER, trail.request),
                *trail.notices,
                *HEADERS,
                PAGES if page else CLOSED,
                *([TLS_ONLY] if secure else ()),
            ]
            if b"etag" not in kinds and b"last-modified" not in kinds:
                wanted.append(NOT_KEPT)
            message["headers"] = [*shown, *(pair for pair in wanted if pair[0] not in kinds)]
        await send(message)

    return guarded
