"""Server: the gateway on a port of this machine, until it is told to stop."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI
from granian.constants import Interfaces
from granian.server.embed import Server

from mainspring.errors import ServeError

STOP = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 30.0


def serve(app: FastAPI, host: str = "127.0.0.1", port: int = 8080, announce: Callable[[str], None] = print) -> None:
    """Serve ``app`` until SIGINT or SIGTERM; requests under way are answered first. ``port`` 0 takes a free one.

    ``announce`` is told the URL as soon as the gateway answers there.

    Raises:
        ServeError: the address is taken, forbidden or unknown.
    """
    address, port = _free(host, port)
    asyncio.run(_serve(app, address, port, announce))


def _free(host: str, port: int) -> tuple[str, int]:
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


async def _serve(app: FastAPI, address: str, port: int, announce: Callable[[str], None]) -> None:
    server = Server(app, address=address, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False)
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(told.set)

    for number in STOP:
        signal.signal(number, stop)
    serving = loop.create_task(server.serve())
    stopping = loop.create_task(told.wait())
    try:
        if await _answers(address, port, until=[serving, stopping]):
            announce(_url(address, port))
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not told.is_set():
            raise ServeError("the gateway stopped by itself", where=_url(address, port), remedy="its log says why")
    finally:
        stopping.cancel()
        server.stop()
        await asyncio.wait([serving], timeout=PATIENCE)
        serving.cancel()


async def _answers(address: str, port: int, until: Sequence[asyncio.Task[Any]]) -> bool:
    while not any(task.done() for task in until):
        try:
            _, writer = await asyncio.open_connection(address, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return True
    return False


def _url(address: str, port: int) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
