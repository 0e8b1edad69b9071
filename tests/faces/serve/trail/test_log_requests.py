"""What a real gateway says of requests on standard error, asked well and with ill will."""

import json
import re
import socket
import time
from pathlib import Path

import httpx
import pytest

SECRETS = ["Ms-Meier-4711", "geheim-999", "token-in-query", "ms_0123456789_stolen", "forged-line"]


def test_a_decision_is_a_line(serve, space: Path) -> None:
    served, calls = serve("--log", "json"), space.parent / "calls.jsonl"
    answer = served.decide({"record": {"id": "one", "age": 70}, "occasion": "line"})
    decided, until = answer.json(), time.monotonic() + 30
    while not calls.exists() or decided["decision"] not in calls.read_text(encoding="utf-8"):
        assert time.monotonic() < until
        time.sleep(0.02)
    lines = served.lines()
    line = next(line for line in lines if line["event"] == "decision")
    assert line["decision"] == decided["decision"]
    assert line["request"] == answer.headers["x-request-id"]
    assert (line["automation"], line["action"], line["status"], line["level"]) == ("shop", "call", 200, "info")
    assert line["route"] == "/v1/automations/{name}/decisions"
    assert line["ms"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*\+00:00", line["time"])
    delivered = [line for line in lines if line["event"] == "delivered"]
    assert decided["decision"] in {line["decision"] for line in delivered}


def test_many_decisions_share_a_request(serve) -> None:
    served = serve("--log", "json")
    asked = [{"id": "a", "age": 70}, {"id": "b", "age": {}}, {"id": "c", "age": 20}]
    answer = served.decide({"records": asked, "occasion": "many"})
    made = [row["decision"] for row in answer.json()["decisions"] if "decision" in row]
    lines = [line for line in served.lines() if line.get("request") == answer.headers["x-request-id"]]
    assert [line["decision"] for line in lines if line["event"] == "decision"] == made
    assert [line["decisions"] for line in lines if line["event"] == "request"] == [len(made)] == [2]


def test_no_secret_stands_in_a_line_and_no_line_can_be_forged(serve) -> None:
    served = serve("--log", "json")
    person, secret, query, key, forged = SECRETS
    served.decide({"record": {"id": person, "age": secret}})
    served.decide({"record": {"id": person, secret: 1, "age": 3}, secret: 1})
    served.decide(b"{" + secret.encode())
    served.decide({"record": {"id": person, "age": 3}}, **{"x-request-id": key, "traceparent": f"00-{forged}-01"})
    served.decide({"record": {"id": person, "age": 3}}, authorization=f"Bearer {key}")
    httpx.get(f"{served.url}/v1/automations/{key}%0A%7B%22event%22:%22{forged}%22%7D?key={query}")
    httpx.get(f"{served.url}/{key}?{query}", headers={"authorization": f"Bearer {served.key}"})
    raw(
        served,
        b"POST /v1/x?" + query.encode() + b" HTTP/1.1\r\nhost: x\r\nx-a: \x1b[31m" + forged.encode() + b"\r\n\r\n",
    )
    raw(served, b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-request-id: " + forged.encode() * 100_000 + b"\r\n\r\n")
    assert served.decide({"record": {"id": "well", "age": 3}}).status_code == 200
    said = served.said()
    assert not [word for word in [*SECRETS, served.key] if word in said]
    assert said.isascii()
    assert all(isinstance(json.loads(line), dict) for line in said.splitlines())
    assert '"status": 401' in said
    assert '"status": 422' in said


def raw(served, request: bytes) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        try:
            wire.sendall(request)
            wire.recv(1000)
        except OSError:
            return


@pytest.mark.parametrize(
    ("brought", "taken"),
    [
        ("4bf92f3577b34da6a3ce929d0e0e4736", True),
        ("7d444840-9dc0-11d1-b245-5ffdce74fad2", True),
        ("ms_0123456789_stolen", False),
        ("4bf92f3577b34da6a3ce929d0e0e4736" * 2, False),
    ],
)
def test_the_id_of_a_proxy_goes_on(client, brought: str, taken: bool) -> None:
    told = client.get("/healthz", headers={"x-request-id": brought}).headers["x-request-id"]
    assert (told == brought) is taken
    assert client.get("/healthz").headers["x-request-id"] != told


def test_people_are_told_of_warnings_alone(serve) -> None:
    served = serve()
    assert served.decide({"record": {"id": "quiet", "age": 70}}).status_code == 200
    assert served.said() == ""


def test_people_may_be_told_of_decisions(serve) -> None:
    served = serve("--log-level", "info")
    made = served.decide({"record": {"id": "loud", "age": 70}}).json()["decision"]
    assert re.search(rf"^INFO \S+: decision request=\w+ automation=shop decision={made} ", served.said(), re.MULTILINE)
