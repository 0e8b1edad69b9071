"""Forward: hands what is asked of the portal to the one process that keeps its pages, where several answer behind a port."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from multidict import CIMultiDict
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from mainspring.faces.serve.problems import Refused, answer

PATIENCE = 15.0
"""Seconds in which a process that has just been begun, or is begun again, is waited for."""
PAUSE = 0.1
HOPS = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade",
})  # fmt: skip
"""Of one connection only (RFC 9110, 7.6.1)."""
SHAKEN = b"sec-websocket-"
"""What two ends of a websocket agree upon anew on each connection."""
BARE = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
TEXT, BINARY = aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY


@asynccontextmanager
async def opened(socket: Path) -> AsyncGenerator[ASGIApp]:
    """An application that asks whoever listens at the UNIX socket, HTTP and websockets, for as long as this lasts.

    Who asks is judged there once more: what is forwarded is the request as it came, with its cookie or key.
    """
    asking = aiohttp.ClientSession(
        connector=aiohttp.UnixConnector(str(socket), limit=0), auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=PATIENCE), skip_auto_headers=BARE,
    )  # fmt: skip
    async with asking:
        yield Forward(asking)


class Forward:
    def __init__(self, asking: aiohttp.ClientSession) -> None:
        self._asking = asking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._talk(scope, receive, send)
        else:
            await self._ask(scope, receive, send)

    async def _ask(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        # Without a length and not in pieces there is no body, and one of no length would be sent in pieces.
        whole = "Content-Length" in headers or any(name == b"transfer-encoding" for name, _ in scope["headers"])
        try:
            answered = await _patient(
                lambda: self._asking.request(
                    scope["method"], _address(scope), headers=headers, data=_body(receive) if whole else None,
                    allow_redirects=False,
                )
            )  # fmt: skip
        except aiohttp.ClientError:
            await answer(_away().document(), scope["path"], {"Retry-After": "1"})(scope, receive, send)
            return
        async with answered:
            kept = [(name, value) for name, value in answered.raw_headers if name.lower() not in HOPS]
            await send({"type": "http.response.start", "status": answered.status, "headers": kept})
            async for part in answered.content.iter_any():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    async def _talk(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # that someone wants to talk
        try:
            # Pages are sent whole where they come anew, so messages from there may be of any size.
            there = await _patient(
                lambda: self._asking.ws_connect(
                    _address(scope), headers=_headers(scope), protocols=scope.get("subprotocols", ()), max_msg_size=0
                )
            )
        except aiohttp.ClientError:
            await send({"type": "websocket.close", "code": 1013})
            return
        async with there:
            await send({"type": "websocket.accept", "subprotocol": there.protocol})
            ways = [asyncio.create_task(_there(receive, there)), asyncio.create_task(_back(there, send))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)


async def _there(receive: Receive, there: aiohttp.ClientWebSocketResponse) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("bytes") is not None:
            await there.send_bytes(message["bytes"])
        else:
            await there.send_str(message["text"])


async def _back(there: aiohttp.ClientWebSocketResponse, send: Send) -> None:
    async for message in there:
        if message.type == TEXT:
            await send({"type": "websocket.send", "text": message.data})
        elif message.type == BINARY:
            await send({"type": "websocket.send", "bytes": message.data})
    # Its process ended, or it had nothing more to say; the browser comes again where it wants to go on.
    await send({"type": "websocket.close", "code": there.close_code or 1001})


async def _patient(ask: Any) -> Any:
    """What is asked, again and again while nobody listens yet.

    Raises:
        aiohttp.ClientError: nobody did in time, or whoever listened hung up.
    """
    until = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            asked: Awaitable[Any] = ask()
            return await asked
        except aiohttp.ClientConnectorError:
            if asyncio.get_running_loop().time() > until:
                raise
            await asyncio.sleep(PAUSE)


async def _body(receive: Receive) -> AsyncIterable[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise aiohttp.ClientConnectionError("whoever asked has gone")
        more = message.get("more_body", False)
        if part := message.get("body", b""):
            yield part


def _headers(scope: Scope) -> "CIMultiDict[str]":
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in scope["headers"]:
        if name not in HOPS and not name.startswith(SHAKEN):
            kept.add(name.decode("latin-1"), value.decode("latin-1"))
    if scope["scheme"] in ("https", "wss"):
        # The other one is asked without TLS, but its pages' addresses begin as the browser knows them.
        kept.setdefault("X-Forwarded-Proto", "https")
    return kept


def _address(scope: Scope) -> URL:
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return URL("http://portal" + (path + query).decode("latin-1"), encoded=True)


def _away() -> Refused:
    return Refused(503, "portal-away", "the process that keeps the portal's pages does not answer", remedy="try again")
