"""The same job with Quix Streams and Faust: take events from Kafka, ask the same model, tell the answers on another topic.

``python benchmarks/stream_peers.py PLACE --peer quix --packages FOLDER`` with the workspace that ``stream.py --place`` learned in and the
site-packages where the peer is installed (looked at behind our own). Neither journals, explains, counts capacity nor keeps an outbox: what
they do is the model between two topics, a message at a time, as their guides show it. The cluster is librdkafka's own for tests.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from confluent_kafka import Producer

from mainspring.backends.opening import Settings, open_backends
from mainspring.run.desk import open_desk
from mainspring.run.stream.worker import Counts, Worker
from stream import CORE, TOPIC, customers, events


def cluster() -> None:
    """Until its input ends; its address is on the first line."""
    made = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 2})
    broker = next(iter(made.list_topics(timeout=10).brokers.values()))
    print(f"{broker.host}:{broker.port}", flush=True)
    sys.stdin.read()


def ours(place: Path, address: str, rows: list[dict], count: int) -> float:
    settings = Settings.read(place)
    bus = f"kafka://{address}?partitions=auto"
    with open_backends(replace(settings, urls=replace(settings.urls, bus=bus))) as backends:
        first = time.time_ns() // 1000
        for start in range(first, first + count, 2000):
            backends.buses.own.publish(TOPIC, events(rows, start, min(2000, first + count - start)))
        desk = open_desk(backends, "retention")
        worker = Worker("retention", lambda: desk, backends)
        told: list[tuple[float, int]] = []

        def heard(counts: Counts) -> None:
            told.append((time.perf_counter(), counts.decided))
            if counts.decided == count:
                worker.stop()

        worker.run(told=heard)
        # From the end of the first batch on: joining the group takes seconds and is not what is measured.
        return (count - told[0][1]) / (told[-1][0] - told[0][0])


def produce(address: str, topic: str, rows: list[dict], count: int) -> None:
    producer = Producer({"bootstrap.servers": address, "allow.auto.create.topics": True})
    for n in range(count):
        producer.produce(topic, json.dumps(rows[n % len(rows)]).encode(), str(n).encode())
        if n % 1000 == 0:
            producer.poll(0)
    producer.flush(30)


def quix(model, address: str, count: int) -> float:
    from quixstreams import Application
    from quixstreams.models.topics import TopicAdmin, TopicConfig

    def inspected(admin, names: list[str], timeout: float | None = None) -> dict:  # noqa: ARG001
        """What the brokers say of the topics; Quix asks a controller for more, and this cluster has none."""
        there = admin.list_topics()
        return {name: TopicConfig(len(there[name].partitions), 1, {}) if name in there else None for name in names}

    TopicAdmin.inspect_topics = inspected
    app = Application(
        broker_address=address,
        consumer_group="quix",
        auto_offset_reset="earliest",
        loglevel="ERROR",
        auto_create_topics=False,
    )
    seen: list[float] = []

    def answered(row: dict) -> dict:
        seen.append(time.perf_counter())
        return dict(model.predict_one(row))

    frame = app.dataframe(app.topic("quix.in", value_deserializer="json"))
    frame.apply(answered).to_topic(app.topic("quix.out", value_serializer="json"))
    app.run(count=count, timeout=60)
    assert len(seen) == count
    return count / (time.perf_counter() - seen[0])


def faust(model, address: str, count: int) -> float:
    import faust as vendor

    app = vendor.App(
        "bench",
        broker=f"kafka://{address}",
        web_enabled=False,
        autodiscover=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
    )
    out, seen = app.topic("faust.out", value_serializer="json"), list[float]()

    @app.agent(app.topic("faust.in", value_serializer="json"))
    async def answer(rows) -> None:
        async for row in rows:
            seen.append(time.perf_counter())
            await out.send(value=dict(model.predict_one(row)))
            if len(seen) == count:
                os.kill(os.getpid(), signal.SIGTERM)

    with contextlib.suppress(SystemExit):
        vendor.Worker(app, loglevel="ERROR").execute_from_commandline()
    assert len(seen) == count
    return count / (seen[-1] - seen[0])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("place", type=Path)
    options.add_argument("--peer", choices=["quix", "faust"])
    options.add_argument("--packages")
    options.add_argument("--events", type=int, default=10_000)
    asked = options.parse_args()
    rows = customers()
    with subprocess.Popen(
        [sys.executable, __file__, "cluster"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as broker:
        assert broker.stdout is not None
        address = broker.stdout.readline().strip()
        os.sched_setaffinity(0, {CORE})
        if asked.peer is None:
            rate = ours(asked.place, address, rows, asked.events)
        else:
            sys.path.append(asked.packages)
            with open_backends(Settings.read(asked.place)) as backends:
                model = open_desk(backends, "retention").model
            produce(
                address, f"{asked.peer}.out", rows, 1
            )  # so that it is there: this cluster has no controller to make it
            produce(address, f"{asked.peer}.in", rows, asked.events)
            rate = {"quix": quix, "faust": faust}[asked.peer](model, address, asked.events)
        print(f"{asked.peer or 'mainspring'}: {rate:,.0f} events/s")
        broker.terminate()


if __name__ == "__main__":
    if sys.argv[1:] == ["cluster"]:
        cluster()
    else:
        main()
