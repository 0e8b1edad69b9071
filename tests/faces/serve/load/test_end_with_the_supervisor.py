"""A supervisor that is killed takes its workers along: they answer what they have, and leave the port to whoever comes next."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow
HERE = "/v1/automations/retention/decisions"
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the gateways of a test keep what is temporary; short, for a socket's path may not be long."""
    folder = tmp_path_factory.mktemp("t")
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def kill(server: subprocess.Popen[str]) -> None:
    os.kill(server.pid, signal.SIGKILL)
    assert server.wait(PATIENCE) == -signal.SIGKILL
    for pipe in (server.stdout, server.stderr):
        if pipe is not None:
            pipe.close()


def ended(processes: list[int]) -> None:
    until = time.monotonic() + PATIENCE
    while living := [process for process in processes if alive(process)]:
        if time.monotonic() > until:
            for process in living:
                os.kill(process, signal.SIGKILL)
            pytest.fail(f"{len(living)} go on without anybody who supervises them")
        time.sleep(0.02)


def left(temporary: Path) -> list[str]:
    return [found.name for found in temporary.glob("mainspring-*")]


def alive(process: int) -> bool:
    """One that nobody has waited for yet has ended all the same."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_they_answer_what_they_have_and_leave_the_port(
    start, stop, begun_by, space: Path, shown: dict[str, str], temporary: Path
) -> None:
    # However long it may drain when it is told to stop: nobody is there any more who would wait for that.
    server, url = start(space, "--workers", "2", "--drain", "10m")
    workers = [*begun_by(server.pid).values()]
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

    again, _ = start(space, "--workers", "2", port=httpx.URL(url).port)
    try:
        assert httpx.get(f"{url}/healthz").status_code == 200
    finally:
        ended_well = stop(again)
    assert ended_well == (0, "")
    assert left(temporary) == []


def test_they_end_though_they_were_draining(start, begun_by, space: Path, temporary: Path) -> None:
    server, _ = start(space, "--workers", "2", "--drain", "10m")
    workers = [*begun_by(server.pid).values()]
    server.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert any(
        alive(worker) for worker in workers
    )  # but perhaps not the one that keeps the pages, which was not waited for
    kill(server)
    ended(workers)
    assert left(temporary) == []


def test_what_was_left_when_all_were_killed_is_removed_at_the_next_start(
    start, stop, begun_by, space: Path, temporary: Path
) -> None:
    server, _ = start(space, "--workers", "2")
    living, _ = start(space, "--workers", "2")
    (temporary / "mainspring-serve-of-others").mkdir()
    workers = [*begun_by(server.pid).values()]
    os.kill(server.pid, signal.SIGSTOP)  # so that it begins none of them again
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    kill(server)
    ended(workers)
    assert len(left(temporary)) == 3
    third, _ = start(space, "--workers", "2")
    assert len(left(temporary)) == 3, "the one that was left, and not the one that is used"
    assert [stop(living)[0], stop(third)[0]] == [0, 0]
    assert left(temporary) == ["mainspring-serve-of-others"]


def test_they_end_though_they_have_not_begun_yet(begun_by, space: Path) -> None:
    command = [sys.executable, "-m", "mainspring", "serve", "--json", "--port", "0", "-w", str(space), "--workers", "2"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        until = time.monotonic() + PATIENCE
        while len(workers := [*begun_by(server.pid).values()]) < 2:
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        kill(server)
    ended(workers)
