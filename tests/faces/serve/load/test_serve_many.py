"""Several workers behind one port, and more requests than can be answered: real servers, real load."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow
HERE = "/v1/automations/retention/decisions"


@pytest.fixture(scope="module")
def two(space: Path, start, stop) -> Iterator[tuple[subprocess.Popen, str]]:
    server, url = start(space, "--workers", "2", "--patience", "60s")
    yield server, url
    assert stop(server)[0] == 0


def decide(url: str, shown: dict[str, str], n: int, occasion: str = "") -> httpx.Response:
    body = {"record": {"customer": f"W{n}", "tenure": n % 70}, "occasion": occasion, "reasons": False}
    return httpx.post(f"{url}{HERE}", json=body, headers=shown, timeout=60)


def numbered(workers: dict[str, int]) -> list[int]:
    return [pid for name, pid in workers.items() if name.isdigit()]


def test_both_answer_and_agree(two, begun_by, shown: dict[str, str]) -> None:
    server, url = two
    assert len(numbered(begun_by(server.pid))) == 2
    with ThreadPoolExecutor(8) as askers:
        answers = list(askers.map(lambda n: decide(url, shown, n % 40), range(80)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["decision"] for answer in answers}) == 40
    metrics = httpx.get(f"{url}/metrics", headers=shown).text
    counted = sum(
        float(line.rsplit(" ", 1)[1]) for line in metrics.splitlines() if line.startswith("mainspring_decisions_total{")
    )
    assert counted == 80  # whichever worker is asked tells of both


def test_one_that_is_killed_is_begun_again(two, begun_by, shown: dict[str, str]) -> None:
    server, url = two
    before = numbered(begun_by(server.pid))
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while len(now := numbered(begun_by(server.pid))) < 2 or before[0] in now:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    while True:
        try:
            if all(decide(url, shown, n).status_code == 200 for n in range(10)):
                break
        except httpx.TransportError:
            assert time.monotonic() < deadline
    assert before[1] in numbered(begun_by(server.pid))


def test_not_ready_while_it_drains(start, space: Path, shown: dict[str, str]) -> None:
    server, url = start(space, "--drain", "3s")
    while httpx.get(f"{url}/readyz").status_code != 200:
        time.sleep(0.05)
    server.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 3
    while (answer := httpx.get(f"{url}/readyz")).status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert decide(url, shown, 1).status_code == 200
    _, errors = server.communicate(timeout=60)
    assert (server.returncode, errors) == (0, "")


def test_more_than_can_be_answered(start, stop, space: Path, shown: dict[str, str]) -> None:
    """What is accepted is answered and recorded, the rest is turned away at once and told when to come again."""
    server, url = start(space, "--patience", "50ms")
    load = uuid4().hex  # asked twice, the same would be decided once
    with httpx.Client(base_url=url, headers=shown, limits=httpx.Limits(max_connections=200), timeout=60) as client:

        def ask(n: int) -> tuple[int, str, str]:
            body = {"record": {"customer": f"L{n}", "tenure": n % 70}, "occasion": load}  # reasons and all: slow
            answer = client.post(HERE, json=body)
            return answer.status_code, answer.headers.get("retry-after", ""), answer.json().get("decision", "")

        with ThreadPoolExecutor(96) as askers:
            answers = list(askers.map(ask, range(1_500)))
    assert stop(server) == (0, "")
    statuses = Counter(status for status, _, _ in answers)
    assert set(statuses) == {200, 503}, statuses
    assert all(after.isdigit() and int(after) >= 1 for status, after, _ in answers if status == 503)
    with Workspace(space) as workspace:
        accepted = [decision for status, _, decision in answers if status == 200]
        assert len(set(accepted)) == len(accepted)
        for decision in accepted[:: max(1, len(accepted) // 40)]:
            assert workspace.explain("retention", decision)["occasion"] == load
        kept = {row["decision"] for row in workspace.live.page("retention", 5_000) if row["occasion"] == load}
        assert kept == set(accepted)


PATIENT = """
import sys
from mainspring.faces.cli.main import main
from mainspring.faces.serve import workers
workers.PATIENCE = 0.5
main()
"""
"""A gateway whose workers are killed soon after the time in which they may end."""


def test_workers_go_on_for_as_long_as_they_may_drain(start, begun_by, space: Path, shown: dict[str, str]) -> None:
    server, url = start(space, "--workers", "2", "--drain", "8s", code=PATIENT)
    workers = begun_by(server.pid)
    server.send_signal(signal.SIGTERM)
    while httpx.get(f"{url}/readyz").status_code == 200:
        time.sleep(0.02)
    time.sleep(2)
    assert numbered(begun_by(server.pid)) == numbered(workers)
    assert {decide(url, shown, n, "draining").status_code for n in range(8)} == {200}
    server.communicate(timeout=60)
    assert server.returncode == 0
