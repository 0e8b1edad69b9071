"""Real receivers on this machine, and events to bring them."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mainspring.event import Event

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    url: str
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


class Busy(ThreadingHTTPServer):
    """Has room for all who knock at once: of five, which is usual, a slow machine turns some away."""

    request_queue_size = 128
    daemon_threads = True


@pytest.fixture
def receiver() -> Iterator[Callable[[Behaviour], Receiver]]:
    """Start a receiver that behaves as told; it notes every request before it behaves."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(behave: Behaviour) -> Receiver:
        noted = Receiver("")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                noted.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                behave(self)

            def log_message(self, format: str, *args: Any) -> None: ...

        server = Busy(("127.0.0.1", 0), Handler)
        server.handle_error = lambda request, client_address: None
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        servers.append((server, thread))
        noted.url = f"http://127.0.0.1:{server.server_port}/offers?token=hush"
        return noted

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def answers(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


@pytest.fixture(name="answers")
def answers_fixture() -> Callable[..., Behaviour]:
    return answers


@pytest.fixture
def make_event() -> Callable[..., Event]:
    def make(id: str = "d1", **data: Any) -> Event:
        values = data or {"action": "offer", "gain": 40.5, "name": "王小明 ☂ é"}
        return Event(
            id, "/automations/retention", "mainspring.action", datetime(2026, 3, 1, tzinfo=UTC), values, "7590"
        )

    return make
