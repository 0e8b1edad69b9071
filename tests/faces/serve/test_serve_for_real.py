"""A real server on a real port, in its own process."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.slow
SERVE = [Path(sys.executable).with_name("mainspring"), "serve", "--json", "--port"]


def start(place: Path, port: int = 0) -> tuple[subprocess.Popen, str]:
    server = subprocess.Popen(
        [*SERVE, str(port), "-w", str(place)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    line = server.stdout.readline()
    assert line, server.communicate()[1]
    return server, json.loads(line)["url"]


def stop(server: subprocess.Popen, number: int = signal.SIGTERM) -> tuple[int, str]:
    server.send_signal(number)
    _, errors = server.communicate(timeout=40)
    return server.returncode, errors


@pytest.fixture(scope="module")
def url(place: Path) -> Iterator[str]:
    server, address = start(place)
    yield address
    assert stop(server) == (0, "")


def decide(url: str, record: dict) -> httpx.Response:
    return httpx.post(f"{url}/v1/automations/retention/decisions", json={"record": record}, timeout=30)


def test_a_decision_goes_out_as_an_action(url: str, leaving: dict, receiver) -> None:
    answer = decide(url, {**leaving, "customer": "R1"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["action"] == "offer"
    ids = [event["id"] for event in receiver.wait_for(1)]
    while answer.json()["decision"] not in json.dumps(receiver.got):
        ids = [event["id"] for event in receiver.wait_for(len(ids) + 1)]
    assert len(ids) == len(set(ids))


def test_many_ask_at_once(url: str, leaving: dict) -> None:
    with ThreadPoolExecutor(8) as askers:
        answers = list(askers.map(lambda n: decide(url, {**leaving, "customer": f"T{n}"}), range(40)))
    assert [answer.status_code for answer in answers] == [200] * 40
    assert len({answer.json()["decision"] for answer in answers}) == 40


def test_what_is_half_sent_harms_nobody(url: str, leaving: dict) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(b"POST /v1/automations/retention/decisions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert decide(url, {**leaving, "customer": "R2"}).status_code == 200


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


def test_what_was_not_delivered_goes_out_at_the_next_start(place: Path, leaving: dict, receiver) -> None:
    server, address = start(place)
    decided = decide(address, {**leaving, "customer": "K1"}).json()["decision"]
    os.kill(server.pid, signal.SIGKILL)
    server.communicate()
    server, _ = start(place)
    while decided not in json.dumps(receiver.got):
        receiver.wait_for(len(receiver.got) + 1)
    stop(server)
