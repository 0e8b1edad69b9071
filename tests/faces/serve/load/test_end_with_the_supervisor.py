"""A supervisor that is killed takes its workers along: they answer what they have, and leave the port to whoever comes next."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow
HERE = "/v1/automations/retention/decisions"
PATIENCE = 60.0


@pytest.fixture(scope="module")
def space(place: Path, copied: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    space = copied(place, tmp_path_factory.mktemp("orphans") / "space")
    with Workspace(space) as workspace, workspace._backends.database.writing() as connection:
        connection.exec_driver_sql("delete from outbox")
    return space


@pytest.fixture(scope="module")
def shown(space: Path) -> dict[str, str]:
    with Workspace(space) as workspace:
        return {"Authorization": f"Bearer {workspace.keys.new('tests', ['admin'])['key']}"}


def start(space: Path, port: int, *options: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "mainspring", "serve", "--json", "--port", str(port), "-w", str(space)]
    server = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line, server.communicate()[1]
    return server, json.loads(line)["url"]


def begun_by(pid: int) -> list[int]:
    """Its workers, and the one that keeps the pages."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"MAINSPRING_WORKER=" in environment(child)]


def environment(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # something else that Python begins, and that has just ended
        return b""


def kill(server: subprocess.Popen[str]) -> None:
    os.kill(server.pid, signal.SIGKILL)
    assert server.wait(PATIENCE) == -signal.SIGKILL
    for pipe in (server.stdout, server.stderr):
        if pipe is not None:
            pipe.close()


def ended(processes: list[int]) -> None:
    until = time.monotonic() + PATIENCE
    while left := [process for process in processes if alive(process)]:
        if time.monotonic() > until:
            for process in left:
                os.kill(process, signal.SIGKILL)
            pytest.fail(f"{len(left)} go on without anybody who supervises them")
        time.sleep(0.02)


def alive(process: int) -> bool:
    """One that nobody has waited for yet has ended all the same."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_they_answer_what_they_have_and_leave_the_port(space: Path, shown: dict[str, str]) -> None:
    # However long it may drain when it is told to stop: nobody is there any more who would wait for that.
    server, url = start(space, 0, "--workers", "2", "--drain", "10m")
    workers = begun_by(server.pid)
    assert len(workers) >= 2
    body = json.dumps({"record": {"customer": "O1", "tenure": 3}, "occasion": "orphaned"}).encode()

    def broken_off() -> Iterator[bytes]:
        yield body[:20]
        kill(server)
        time.sleep(1)
        yield body[20:]

    with httpx.Client(base_url=url, headers=shown, timeout=PATIENCE) as client:
        assert client.get("/healthz").status_code == 200  # the connection is one that a worker has accepted
        answer = client.post(HERE, content=broken_off(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    ended(workers)
    with Workspace(space) as workspace:
        assert workspace.explain("retention", answer.json()["decision"])["occasion"] == "orphaned"

    again, _ = start(space, httpx.URL(url).port or 0, "--workers", "2")
    try:
        assert httpx.get(f"{url}/healthz").status_code == 200
    finally:
        again.send_signal(signal.SIGTERM)
        _, errors = again.communicate(timeout=PATIENCE)
    assert (again.returncode, errors) == (0, "")


def test_they_end_though_they_were_draining(space: Path) -> None:
    server, _ = start(space, 0, "--workers", "2", "--drain", "10m")
    workers = begun_by(server.pid)
    server.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert any(
        alive(worker) for worker in workers
    )  # but perhaps not the one that keeps the pages, which was not waited for
    kill(server)
    ended(workers)


def test_they_end_though_they_have_not_begun_yet(space: Path) -> None:
    command = [sys.executable, "-m", "mainspring", "serve", "--json", "--port", "0", "-w", str(space), "--workers", "2"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        until = time.monotonic() + PATIENCE
        while len(workers := begun_by(server.pid)) < 2:
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        kill(server)
    ended(workers)
