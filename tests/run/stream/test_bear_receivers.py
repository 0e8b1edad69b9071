"""Receivers misbehave while a stream acts: nothing is lost, no decision waits for them, and each effect happens once."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mainspring import Workspace


class Receiver:
    """Answers as ``mood`` says: ``fine``, ``error`` (500), ``drop`` (takes it and says nothing), ``hang``. Once a key, as it should."""

    def __init__(self) -> None:
        self.mood, self.done, self.requests = "fine", dict[str, dict](), Counter[str]()
        self.let_go = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body, key, mood = (
                    self.rfile.read(int(self.headers["Content-Length"])),
                    self.headers["Idempotency-Key"],
                    receiver.mood,
                )
                receiver.requests[key] += 1
                if mood == "hang":
                    receiver.let_go.wait(20)
                if mood in ("fine", "drop"):
                    receiver.done.setdefault(key, json.loads(body))
                if mood in ("drop", "hang"):
                    self.close_connection = True
                    return
                self.send_response(500 if mood == "error" else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/held"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


def large(count: int) -> list[dict]:
    return [{"customer": f"C{n}", "amount": 50, "country": "DE"} for n in range(count)]


@pytest.mark.parametrize("mood", ["error", "drop", "hang"])
def test_each_effect_once_when_the_receiver_is_well_again(
    tmp_path: Path, declare: Callable[..., Path], receiver: Receiver, mood: str
) -> None:
    with Workspace(tmp_path / "space") as space:
        space.run(declare(act=f'webhook: "{receiver.url}", timeout: 300ms, retry: 20'))
        receiver.mood = mood
        space.topics.publish("payments", large(40))
        delivering = threading.Thread(target=space.actions.deliver, kwargs={"wait": 2.0})
        assert space.streams.run("fraud", drain=True)["decided"] == 40
        delivering.start()
        space.topics.publish("payments", [{"customer": "late", "amount": 1, "country": "DE"}])
        assert space.streams.run("fraud", drain=True)["decided"] == 1, "no decision waits for a receiver"
        _wait_for(lambda: len(receiver.requests) > 8)
        receiver.mood = "fine"
        receiver.let_go.set()
        delivering.join()
        _wait_for(lambda: bool(space.actions.deliver(wait=5.0)) and space.actions.counts() == {"done": 40}, 60)
        assert Counter(event["subject"] for event in receiver.done.values()) == Counter(f"C{n}" for n in range(40))
        assert max(receiver.requests.values()) > 1


def test_one_that_hangs_holds_up_no_other(tmp_path: Path, declare: Callable[..., Path], receiver: Receiver) -> None:
    """Half of the threads hang; all other actions are delivered and written down meanwhile."""
    receiver.mood = "hang"
    with Workspace(tmp_path / "space") as space:
        space.run(declare(act=f'webhook: "{receiver.url}", timeout: 8s, retry: 3'))
        space.topics.publish("payments", large(4))
        space.streams.run("fraud", drain=True)
        delivering = threading.Thread(target=space.actions.deliver)
        delivering.start()
        _wait_for(lambda: len(receiver.requests) == 4)
        receiver.mood = "fine"
        with Workspace(tmp_path / "space") as other:
            space.topics.publish("payments", [{**one, "customer": f"later {n}"} for n, one in enumerate(large(100))])
            other.streams.run("fraud", drain=True)
            _wait_for(lambda: other.actions.counts().get("done") == 100)
        receiver.let_go.set()
        delivering.join()


def _wait_for(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
