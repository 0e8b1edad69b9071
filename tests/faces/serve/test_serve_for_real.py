"""A real server on a real port, in its own process."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow
SERVE = [Path(sys.executable).with_name("mainspring"), "serve", "--json", "--port"]


def start(place: Path, *options: str) -> tuple[subprocess.Popen, str]:
    server = subprocess.Popen(
        [*SERVE, "0", "-w", str(place), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    line = server.stdout.readline()
    assert line, server.communicate()[1]
    return server, json.loads(line)["url"]


def stop(server: subprocess.Popen, number: int = signal.SIGTERM) -> tuple[int, str]:
    server.send_signal(number)
    _, errors = server.communicate(timeout=40)
    return server.returncode, errors


@pytest.fixture(scope="session")
def shown(place: Path) -> dict[str, str]:
    """The header that shows a key of the workspace."""
    with Workspace(place) as workspace:
        return {"Authorization": f"Bearer {workspace.keys.new('tests', ['operator'])['key']}"}


@pytest.fixture(scope="module")
def url(place: Path) -> Iterator[str]:
    server, address = start(place)
    yield address
    assert stop(server) == (0, "")


def decide(url: str, record: dict, shown: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{url}/v1/automations/retention/decisions", json={"record": record}, headers=shown, timeout=30)


def test_a_decision_goes_out_as_an_action(url: str, leaving: dict, receiver, shown: dict) -> None:
    answer = decide(url, {**leaving, "customer": "R1"}, shown)
    assert answer.status_code == 200, answer.text
    assert answer.json()["action"] == "offer"
    events = receiver.wait_for(1)
    while answer.json()["decision"] not in json.dumps(receiver.got):
        events = receiver.wait_for(len(events) + 1)
    # Others send to this receiver too, some of them from gateways that are killed.
    assert sum(answer.json()["decision"] in json.dumps(event) for event in events) == 1


def test_many_ask_at_once(url: str, leaving: dict, shown: dict) -> None:
    with ThreadPoolExecutor(8) as askers:
        answers = list(askers.map(lambda n: decide(url, {**leaving, "customer": f"T{n}"}, shown), range(40)))
    assert [answer.status_code for answer in answers] == [200] * 40
    assert len({answer.json()["decision"] for answer in answers}) == 40


def test_what_is_half_sent_harms_nobody(url: str, leaving: dict, shown: dict) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(b"POST /v1/automations/retention/decisions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert decide(url, {**leaving, "customer": "R2"}, shown).status_code == 200


def test_those_who_stay_and_ask_nothing_keep_nobody_out(url: str, leaving: dict, shown: dict) -> None:
    host, port = url.removeprefix("http://").split(":")
    with ExitStack() as staying:
        for _ in range(400):
            one = staying.enter_context(socket.create_connection((host, int(port)), timeout=30))
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one.recv(100).startswith(b"HTTP/1.1 200")
        assert decide(url, {**leaving, "customer": "R3"}, shown).status_code == 200


def test_a_port_that_is_taken(url: str, place: Path) -> None:
    port = url.rsplit(":", 1)[1]
    ended = subprocess.run([*SERVE, port, "-w", str(place)], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "another program" in json.loads(ended.stderr)["what"]


def test_an_address_of_another_machine(place: Path) -> None:
    ended = subprocess.run(
        [*SERVE, "0", "-w", str(place), "--host", "192.0.2.7"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "--host" in json.loads(ended.stderr)["remedy"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_told_with_a_connection_open(place: Path, number: int) -> None:
    server, address = start(place)
    with httpx.Client(base_url=address) as kept:
        assert kept.get("/healthz").status_code == 200
        code, errors = stop(server, number)
    assert (code, errors) == (0, "")


def test_the_first_start_shows_a_key_once(place: Path, copied, tmp_path: Path, leaving: dict) -> None:
    space = copied(place, tmp_path / "space")
    with Workspace(space) as workspace:
        for key in workspace.keys.list():
            workspace.keys.revoke(key["id"])
    first, again = (told_by(space) for _ in range(2))
    assert first["decided"] == 200
    assert set(again) == {"url"}


def told_by(space: Path) -> dict:
    """What ``serve`` says when it has begun, and what its key is good for."""
    server = subprocess.Popen(
        [*SERVE, "0", "-w", str(space)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    told = json.loads(server.stdout.readline())
    record = {"customer": "F1", "tenure": 3}
    assert decide(told["url"], record, {}).status_code == 401
    if key := told.get("admin_key"):
        told["decided"] = decide(told["url"], record, {"Authorization": f"Bearer {key}"}).status_code
    assert stop(server) == (0, "")
    return told


def test_over_tls(place: Path, tmp_path: Path, leaving: dict, shown: dict, self_signed) -> None:
    certificate, key = self_signed(tmp_path)
    server, url = start(place, "--tls", str(certificate), str(key))
    assert url.startswith("https://")
    trusting = ssl.create_default_context(cafile=str(certificate))
    answer = httpx.get(f"{url}/v1/automations", headers=shown, verify=trusting)
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"]
    assert stop(server) == (0, "")


def test_a_key_that_is_not_the_certificates(place: Path, tmp_path: Path, self_signed) -> None:
    certificate, _ = self_signed(tmp_path)
    (tmp_path / "other").mkdir()
    _, key = self_signed(tmp_path / "other")
    for wrong in (key, tmp_path / "missing.pem", certificate):
        command = [*SERVE, "0", "-w", str(place), "--tls", str(certificate), str(wrong)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 2
        assert "--tls" in json.loads(ended.stderr)["remedy"]


def test_what_was_not_delivered_goes_out_at_the_next_start(place: Path, leaving: dict, receiver, shown: dict) -> None:
    server, address = start(place)
    decided = decide(address, {**leaving, "customer": "K1"}, shown).json()["decision"]
    os.kill(server.pid, signal.SIGKILL)
    server.communicate()
    server, _ = start(place)
    while decided not in json.dumps(receiver.got):
        receiver.wait_for(len(receiver.got) + 1)
    stop(server)
