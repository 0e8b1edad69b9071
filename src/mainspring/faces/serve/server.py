"""Server: the gateway on a port of this machine, until it is told to stop."""

import asyncio
import errno
import gc
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from granian.constants import Interfaces, SSLProtocols
from granian.server.embed import Server

from mainspring.errors import MainspringError, ServeError
from mainspring.faces.serve.gateway import Gateway

if sys.platform != "win32":
    import resource

STOP = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 30.0
CONNECTIONS = 8192
"""So many may be open at once, most of them idle; whoever comes then waits until another goes, and is not even told to come again."""
GARBAGE = (20_000, 20, 20)
"""After so many new objects they are looked through; Python's 700 would be several times a request, and find nothing."""
WAITING = 1024
"""So many may wait to be let in."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How it begins and ends. ``shared``: other processes listen at the same port. Told to stop, ``draining`` is called, and it goes on
    for ``drain`` seconds, in which whoever sends requests here may notice. With a ``socket``, a path, it listens there and at no port.
    ``held`` returns once nobody supervises this process any more: it ends at once then, without those seconds."""

    shared: bool = False
    drain: float = 0.0
    draining: Callable[[], None] = lambda: None
    socket: Path | None = None
    held: Callable[[], None] | None = None


def serve(
    app: FastAPI,
    host: str = "127.0.0.1",
    port: int = 8080,
    announce: Callable[[str], None] = print,
    tls: tuple[Path, Path] | None = None,
    manner: Manner | None = None,
) -> None:
    """Serve ``app`` until SIGINT or SIGTERM; requests under way are answered first. ``port`` 0 takes a free one.

    ``announce`` is told the URL as soon as the gateway answers there. With ``tls``, a certificate and its key in PEM files, it is
    HTTPS (TLS 1.2 and 1.3).

    Raises:
        ServeError: the address is taken, forbidden or unknown; the certificate and the key cannot be read or do not belong together.
    """
    if tls is not None:
        check_tls(tls)
    manner = manner or Manner()
    address, port = (host, port) if manner.shared else free(host, port)
    if manner.socket is not None:
        # One that was killed leaves its own behind, at which nobody else could listen.
        manner.socket.unlink(missing_ok=True)
    asyncio.run(_serve(app, (address, port), announce, tls, manner))


def check_tls(tls: tuple[Path, Path]) -> None:
    """Raises ServeError where the certificate and the key cannot be read, or do not belong together."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*tls, password=lambda: "")
    except (OSError, ValueError) as error:
        what = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise ServeError(
            f"the certificate and the key cannot be used: {what}", where=str(tls[0]),
            remedy="--tls takes a certificate (with its chain) and its key without a passphrase, both PEM files",
        ) from None  # fmt: skip


def free(host: str, port: int) -> tuple[str, int]:
    """The address, and the port (where it is 0, one that is free).

    Raises:
        ServeError: it is taken, forbidden or unknown.
    """
    # The server's own socket shares its port with whoever asks (SO_REUSEPORT), so two gateways on one port would go
    # unnoticed; a plain socket is refused.
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            return str(where[0]), int(probe.getsockname()[1])
    except (OSError, OverflowError) as error:
        raise _cannot(host, port, error) from None


def _cannot(host: str, port: int, error: Exception) -> ServeError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        what, remedy = "another program listens there", f"stop it, or choose another port: --port {port + 1}"
    elif number == errno.EACCES:
        what, remedy = "this user may not listen there", "choose a port above 1023"
    else:
        what, remedy = "that is not an address of this machine", "use --host 127.0.0.1, or 0.0.0.0 for every network"
    return ServeError(f"cannot listen on {host}:{port}: {what}", remedy=remedy)


async def _serve(
    app: FastAPI, where: tuple[str, int], announce: Callable[[str], None], tls: tuple[Path, Path] | None, manner: Manner
) -> None:
    address, port = where
    certificate, key = tls or (None, None)
    server = Server(
        app, address=address, port=port, interface=Interfaces.ASGI, websockets=True, log_enabled=False,
        backlog=WAITING, backpressure=_room(), uds=manner.socket, ssl_cert=certificate, ssl_key=key, ssl_protocol_min=SSLProtocols.tls12,
    )  # fmt: skip
    url = _url(address, port, "http" if tls is None else "https")
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(told.set)

    lost = _lost(told, manner.held)
    for number in STOP:
        try:
            # It wakes the loop whenever the signal comes; a plain handler may be left to wait for whatever wakes it next.
            loop.add_signal_handler(number, told.set)
        except NotImplementedError:  # Windows
            signal.signal(number, stop)
    serving = loop.create_task(server.serve())
    stopping = loop.create_task(told.wait())
    settling: asyncio.Task[None] | None = None
    try:
        if await _answers(where if manner.socket is None else manner.socket, until=[serving, stopping]):
            announce(url)
            settling = loop.create_task(_settle(app))
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not told.is_set():
            raise ServeError("the gateway stopped by itself", where=url, remedy="its log says why")
        manner.draining()
        if manner.drain:
            await asyncio.wait([serving, lost], timeout=manner.drain, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        lost.cancel()
        if settling is not None:
            settling.cancel()
        server.stop()
        await asyncio.wait([serving], timeout=PATIENCE)
        serving.cancel()


def _room() -> int:
    """How many connections may be open: half of the files that this process may have open, which is raised as far as the system lets it."""
    if sys.platform == "win32":
        return CONNECTIONS
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    files, most = (
        2 * CONNECTIONS if limit == resource.RLIM_INFINITY else min(limit, 2 * CONNECTIONS) for limit in limits
    )
    if files < most:
        with suppress(ValueError, OSError):  # some systems name a number that they do not allow
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, limits[1]))
            files = most
    return files // 2


def _lost(told: asyncio.Event, held: Callable[[], None] | None) -> asyncio.Future[None]:
    """Done once nobody supervises this process any more, which then is ``told`` to stop."""
    loop = asyncio.get_running_loop()
    lost = loop.create_future()

    def lose() -> None:
        if not lost.done():
            lost.set_result(None)
        told.set()

    def wait(held: Callable[[], None]) -> None:
        held()
        with suppress(RuntimeError):  # it has ended meanwhile
            loop.call_soon_threadsafe(lose)

    if held is not None:
        threading.Thread(target=wait, args=(held,), name="mainspring-held", daemon=True).start()
    return lost


async def _settle(app: FastAPI) -> None:
    """What is there once all is open stays until the end: looking through it for garbage, now and then, would hold up every answer for a
    tenth of a second."""
    gateway: Gateway = app.state.gateway
    if gateway.opening is not None:
        # What could not be opened is told to whoever asks for it.
        with suppress(MainspringError):
            await asyncio.wrap_future(gateway.opening)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


async def _answers(where: tuple[str, int] | Path, until: Sequence[asyncio.Task[Any]]) -> bool:
    while not any(task.done() for task in until):
        try:
            _, writer = await (
                asyncio.open_unix_connection(where) if isinstance(where, Path) else asyncio.open_connection(*where)
            )
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return True
    return False


def _url(address: str, port: int, scheme: str) -> str:
    return f"{scheme}://[{address}]:{port}" if ":" in address else f"{scheme}://{address}:{port}"
