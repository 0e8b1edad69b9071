"""What a stream worker bears: being killed 200 times, and as many events as there is patience for. Called by ``stream.py``."""

import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mainspring import Event
from mainspring.backends.opening import Backends, Settings, open_backends
from mainspring.run.desk import open_desk
from mainspring.run.stream.worker import Worker
from mainspring.workspace import Workspace


class Receiver:
    """Does a thing once for each ``Idempotency-Key``, and counts the requests."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests[self.headers["Idempotency-Key"]] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        os.environ["MAINSPRING_OUTGOING"] = "127.0.0.1"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/offers"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def killed(place: Path, topic: str, rows: list[dict], kills: int, count: int, receiver: Receiver) -> str:
    """A worker is killed at random moments while events flow; what journal, bus and receiver hold in the end."""
    dice, back, began = random.Random(1), list[float](), time.perf_counter()
    command = [sys.executable, "-m", "mainspring", "stream", "retention", "-w", str(place), "--json"]
    with open_backends(Settings.read(place)) as backends:
        backends.buses.own.subscribe("retention.decisions", "follower").close()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for n in range(kills):
            first, after = n * count // kills, (n + 1) * count // kills
            seen, started = decided(backends), time.perf_counter()
            backends.buses.own.publish(topic, [event(rows, number) for number in range(first, after)])
            while decided(backends) <= seen:
                time.sleep(0.02)
            back.append(time.perf_counter() - started)
            time.sleep(dice.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        process.terminate()
        process.wait()
    subprocess.run([*command, "--drain"], stdout=subprocess.DEVNULL, check=True)
    flowed = time.perf_counter() - began
    with sqlite3.connect(
        place / "mainspring.db"
    ) as database:  # as if the five minutes of what a killed one delivered had gone by
        database.execute("update outbox set next_try = '2000-01-01 00:00:00.000000' where state = 'delivering'")
    with Workspace(place) as space:
        space.actions.deliver(wait=60.0)
        states = space.actions.counts("retention")
    with open_backends(Settings.read(place)) as backends, sqlite3.connect(place / "mainspring.db") as database:
        topics = backends.buses.own.topic("retention.decisions")
        total, occasions, acting = database.execute(
            "select count(*), count(distinct occasion), sum(action <> 'none') from decisions where automation = 'retention'"
        ).fetchone()
        dead = sum(name == f"{topic}.dead" for name in backends.buses.own.topics())
        left = backends.buses.own.topic(topic).groups["retention"]
    wrong = total != count or occasions != count or len(receiver.requests) != acting or topics.events != count or left
    again = sum(receiver.requests.values()) - len(receiver.requests)
    return (
        f"{'WRONG: ' if wrong or dead else ''}{kills} kills while {count:,} events flowed, {flowed:.0f} s: {total:,} decisions on "
        f"{occasions:,} events, {topics.events:,} events of decisions, {left} left; {acting:,} actions, {len(receiver.requests):,} "
        f"idempotency keys at the receiver ({again} came a second time), outbox {states}; median {statistics.median(back):.1f} s, "
        f"longest {max(back):.1f} s from a kill to the next decision, starting Python and opening the model included"
    )


def decided(backends: Backends) -> int:
    return sum(backends.decisions.counts("retention").values())


def event(rows: list[dict], number: int) -> Event:
    return Event(f"k{number}", "bench", "visit", datetime.now(UTC), rows[number % len(rows)])


def remembered(place: Path, topic: str, rows: list[dict], seconds: float) -> str:
    """Events flow for so long; the worker's memory at times, and how fast it is in the end."""
    told: list[tuple[int, float, float]] = []
    first, number = time.time_ns() // 1000, 0
    with open_backends(Settings.read(place)) as backends:
        desk = open_desk(backends, "retention")
        worker, began = Worker("retention", lambda: desk, backends), time.perf_counter()
        while time.perf_counter() - began < seconds:
            for _ in range(25):
                part = [event(rows, first + number + i) for i in range(2_000)]
                backends.buses.own.publish(topic, part)
                number += len(part)
            started, before = time.perf_counter(), worker.counts.decided
            worker.run(drain=True)
            rate = (worker.counts.decided - before) / (time.perf_counter() - started - 0.5)
            told.append((worker.counts.decided, resident(), rate))
        assert worker.counts.decided == number
    shown = told[:: max(1, len(told) // 6)]
    return "; ".join(f"{count:,} events: {memory:.0f} MB, {rate:,.0f}/s" for count, memory, rate in (*shown, told[-1]))


def resident() -> float:
    """MB of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
