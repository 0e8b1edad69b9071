"""A stream worker killed with ``kill -9`` at random moments: each event is decided once, and each action is done once."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from killed_workers import kill_one, working

from mainspring import Workspace
from mainspring.backends.opening import Settings, open_backends

pytestmark = pytest.mark.slow
EVENTS = 5_000
KILLS = 20


class Receiver:
    """Does a thing once for each ``Idempotency-Key``, as its documentation asks."""

    def __init__(self) -> None:
        self.done: dict[str, dict] = {}
        self.requests: Counter[str] = Counter()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                key = self.headers["Idempotency-Key"]
                receiver.requests[key] += 1
                receiver.done.setdefault(key, json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/held"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver():
    opened = Receiver()
    yield opened
    opened.close()


def declare(folder: Path, url: str) -> Path:
    rows = "".join(f"C{n},{n},{'CN' if n % 2 else 'DE'}\n" for n in range(50))
    (folder / "payments.csv").write_text("customer,amount,country\n" + rows, encoding="utf-8")
    path = folder / "fraud.yaml"
    path.write_text(
        f"name: fraud\nsource: {{table: payments.csv, key: customer, events: 'topic:payments'}}\n"
        f"prepare: {{expect: {{amount: {{min: 0}}}}}}\n"
        f"decide: {{rules: [{{if: 'amount > 90', then: hold}}]}}\nact: {{hold: {{webhook: '{url}', retry: 100}}}}\n",
        encoding="utf-8",
    )
    return path


def start(place: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "mainspring",
        "stream",
        "fraud",
        "-w",
        str(place),
        "--json",
        "--batch",
        "100",
        *more,
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize(("workers", "followed"), [(1, False), (2, True)])
def test_killed_again_and_again_while_events_flow(
    tmp_path: Path, receiver: Receiver, workers: int, *, followed: bool
) -> None:
    place, dice = tmp_path / "space", random.Random(17 + workers)
    with Workspace(place) as space:
        space.run(declare(tmp_path, receiver.url))
        if followed:
            follow(place)
        begin = partial(start, place)
        with working(begin, workers) as running:
            for sent in range(0, EVENTS, EVENTS // KILLS):
                rows = [
                    {"customer": f"C{n}", "amount": n % 100, "country": "DE"}
                    for n in range(sent, sent + EVENTS // KILLS)
                ]
                space.topics.publish("payments", rows, subject="customer")
                wait_for_work(space, before=sum(space.status("fraud")["by_action"].values()))
                time.sleep(dice.uniform(0, 0.4))
                kill_one(running, begin, dice)
            for process in running:
                process.terminate()
                assert process.wait(60) in (0, -signal.SIGTERM)  # the last may not be so far as to hear it
        ended = start(place, "--drain")
        assert ended.wait(200) == 0
        end_leases(place)
        space.actions.deliver(wait=30.0)
        assert_each_once(space, receiver)


def follow(place: Path) -> None:
    """Somebody goes through the decisions' own topic, so that their events are published while they are made."""
    with open_backends(Settings.read(place)) as backends:
        backends.buses.own.subscribe("fraud.decisions", "desk").close()


def wait_for_work(space: Workspace, before: int) -> None:
    """Until one of the new events is decided: whoever is killed then is in the midst of it."""
    end = time.monotonic() + 60
    while sum(space.status("fraud")["by_action"].values()) <= before:
        assert time.monotonic() < end
        time.sleep(0.01)


def end_leases(place: Path) -> None:
    """As if five minutes had gone by: what a killed worker was delivering comes back."""
    with sqlite3.connect(place / "mainspring.db") as database:
        database.execute("update outbox set next_try = '2000-01-01 00:00:00.000000' where state = 'delivering'")
    database.close()


def assert_each_once(space: Workspace, receiver: Receiver) -> None:
    assert space.topics.show("payments")["groups"] == {"fraud": 0}
    assert space.topics.show("payments")["dead"] == {}
    keys = [one["key"] for one in journal(space)]
    assert Counter(keys) == Counter({f"C{n}": 1 for n in range(EVENTS)})
    events = space.topics.show("fraud.decisions", newest=2 * EVENTS)["newest"]
    assert Counter(one["subject"] for one in events) == Counter(keys)
    held = {f"C{n}" for n in range(EVENTS) if n % 100 > 90}
    assert Counter(event["subject"] for event in receiver.done.values()) == Counter(held)
    assert space.actions.counts() == {"done": len(held)}


def journal(space: Workspace) -> list[dict]:
    space.archive("fraud")
    return space.lake.sql("select key from fraud.decisions").to_pylist()
