"""Several workers behind one port, and more requests than can be answered: real servers, real load."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow
SERVE = [Path(sys.executable).with_name("mainspring"), "serve", "--json", "--port", "0"]
HERE = "/v1/automations/retention/decisions"


@pytest.fixture(scope="module")
def space(place: Path, copied, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy without the actions that wait in the original: whoever receives them would get them twice."""
    space = copied(place, tmp_path_factory.mktemp("many") / "space")
    with Workspace(space) as workspace, workspace._backends.database.writing() as connection:
        connection.exec_driver_sql("delete from outbox")
    return space


@pytest.fixture(scope="module")
def shown(space: Path) -> dict[str, str]:
    with Workspace(space) as workspace:
        return {"Authorization": f"Bearer {workspace.keys.new('tests', ['admin'])['key']}"}


def start(space: Path, *options: str) -> tuple[subprocess.Popen, str]:
    server = subprocess.Popen(
        [*SERVE, "-w", str(space), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    line = server.stdout.readline()
    assert line, server.communicate()[1]
    return server, json.loads(line)["url"]


def stop(server: subprocess.Popen) -> tuple[int, str]:
    server.send_signal(signal.SIGTERM)
    _, errors = server.communicate(timeout=60)
    return server.returncode, errors


@pytest.fixture(scope="module")
def two(space: Path, shown: dict[str, str]) -> Iterator[tuple[subprocess.Popen, str]]:
    server, url = start(space, "--workers", "2", "--patience", "60s")
    yield server, url
    assert stop(server)[0] == 0


def decide(url: str, shown: dict[str, str], n: int, occasion: str = "") -> httpx.Response:
    body = {"record": {"customer": f"W{n}", "tenure": n % 70}, "occasion": occasion, "reasons": False}
    return httpx.post(f"{url}{HERE}", json=body, headers=shown, timeout=60)


def children(pid: int) -> list[int]:
    """The workers: neither the one that keeps the pages nor what else Python starts beside them is one."""
    all_of_them = [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [child for child in all_of_them if re.search(rb"MAINSPRING_WORKER=\d", environment(child))]


def environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # it has just ended
        return b""


def test_both_answer_and_agree(two, space: Path, shown: dict[str, str]) -> None:
    server, url = two
    assert len(children(server.pid)) == 2
    with ThreadPoolExecutor(8) as askers:
        answers = list(askers.map(lambda n: decide(url, shown, n % 40), range(80)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["decision"] for answer in answers}) == 40
    metrics = httpx.get(f"{url}/metrics", headers=shown).text
    counted = sum(
        float(line.rsplit(" ", 1)[1]) for line in metrics.splitlines() if line.startswith("mainspring_decisions_total{")
    )
    assert counted == 80  # whichever worker is asked tells of both


def test_one_that_is_killed_is_begun_again(two, shown: dict[str, str]) -> None:
    server, url = two
    before = children(server.pid)
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while len(now := children(server.pid)) < 2 or before[0] in now:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    while True:
        try:
            if all(decide(url, shown, n).status_code == 200 for n in range(10)):
                break
        except httpx.TransportError:
            assert time.monotonic() < deadline
    assert before[1] in children(server.pid)


def test_not_ready_while_it_drains(space: Path, shown: dict[str, str]) -> None:
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


def test_more_than_can_be_answered(space: Path, shown: dict[str, str]) -> None:
    """What is accepted is answered and recorded, the rest is turned away at once and told when to come again."""
    server, url = start(space, "--patience", "50ms")
    with httpx.Client(base_url=url, headers=shown, limits=httpx.Limits(max_connections=200), timeout=60) as client:

        def ask(n: int) -> tuple[int, str, str]:
            body = {"record": {"customer": f"L{n}", "tenure": n % 70}, "occasion": "load"}  # reasons and all: slow
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
            assert workspace.explain("retention", decision)["occasion"] == "load"
        kept = {row["decision"] for row in workspace.live.page("retention", 5_000) if row["occasion"] == "load"}
        assert kept == set(accepted)
