"""Events come in over HTTP, if whoever sends them knows the secret."""

import hashlib
import hmac
import json
import uuid

import pytest

from mainspring import Workspace

SECRET = "4711-hush"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSPRING_TOPIC_SECRET", SECRET)


@pytest.fixture
def client(client):
    """Whoever sends events has no key, only the secret."""
    return client.showing(None)


@pytest.fixture
def topic() -> str:
    return f"hooks.{uuid.uuid4().hex[:8]}"


def send(client, topic: str, body: object, *, secret: str = SECRET, header: str = "X-Signature-256", **headers: str):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = {header: "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()} if secret else {}
    return client.post(
        f"/v1/topics/{topic}", content=raw, headers={"Content-Type": "application/json", **signed, **headers}
    )


def kept(workspace: Workspace, topic: str) -> list[dict]:
    return workspace.topics.show(topic)["newest"]


def test_rows_and_cloud_events_are_taken(client, workspace: Workspace, topic: str) -> None:
    event = {
        "specversion": "1.0",
        "id": "A-1",
        "source": "/shop",
        "type": "order",
        "subject": "C1",
        "data": {"price": 9},
    }
    for body, count in (({"price": 1}, 1), ([{"price": 2}, {"price": 3}], 2), (event, 1)):
        answer = send(client, topic, body)
        assert (answer.status_code, answer.json()) == (202, {"published": count})
    assert [one["data"]["price"] for one in kept(workspace, topic)] == [1, 2, 3, 9]
    assert kept(workspace, topic)[-1]["subject"] == "C1"


def test_as_github_signs(client, topic: str) -> None:
    assert send(client, topic, {"ref": "main"}, header="X-Hub-Signature-256").status_code == 202


def test_sent_again_with_its_key_adds_nothing(client, workspace: Workspace, topic: str) -> None:
    for _ in range(2):
        send(client, topic, [{"price": 1}, {"price": 1}], **{"Idempotency-Key": "k1"})
    send(client, topic, {"price": 1})
    send(client, topic, {"price": 1})
    assert len(kept(workspace, topic)) == 4


@pytest.mark.parametrize(("told", "status"), [({"secret": ""}, 401), ({"secret": "guess"}, 401)])
def test_who_does_not_know_the_secret_is_refused(client, topic: str, told: dict, status: int) -> None:
    answer = send(client, topic, {"price": 1}, **told)
    assert answer.status_code == status
    assert SECRET not in answer.text


def test_a_changed_body_is_refused(client, topic: str) -> None:
    signed = hmac.new(SECRET.encode(), b'{"price": 1}', hashlib.sha256).hexdigest()
    answer = client.post(
        f"/v1/topics/{topic}", content=b'{"price": 100}',
        headers={"Content-Type": "application/json", "X-Signature-256": f"sha256={signed}"},
    )  # fmt: skip
    assert answer.status_code == 401


def test_without_a_secret_nothing_is_taken(client, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAINSPRING_TOPIC_SECRET")
    assert send(client, topic, {"price": 1}).status_code == 403
    monkeypatch.setenv(f"MAINSPRING_TOPIC_SECRET_{topic.replace('.', '_').upper()}", "its own")
    assert send(client, topic, {"price": 1}).status_code == 401
    assert send(client, topic, {"price": 1}, secret="its own").status_code == 202


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400), (b'"text"', 422), (b"[1]", 422), ([{"a": 1}] * 51, 413),
        ({"specversion": "1.0", "id": "x"}, 422), ({"specversion": "1.0", "id": "x", "source": "s", "type": "t", "data": 3}, 422),
        ({"specversion": "0.3", "id": "x"}, 422), ({"filler": "x" * 1_100_000}, 422),
        ({"specversion": "1.0", "id": "x", "source": "s", "type": "t", "data": {}, "time": "yesterday"}, 422),
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused_whole(client, workspace: Workspace, topic: str, body: object, status: int) -> None:
    send(client, topic, {"price": 1})
    answer = send(client, topic, body if isinstance(body, bytes) else [{"good": 1}, body] if status == 422 else body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(kept(workspace, topic)) == 1


@pytest.mark.parametrize("name", ["a..b", "a b", ".a", "a" * 300, "ü"])
def test_a_name_that_no_bus_could_have(client, name: str) -> None:
    assert send(client, name, {"price": 1}).status_code == 422


def test_a_key_does_as_well_as_a_signature(client, workspace: Workspace, topic: str) -> None:
    keys = [workspace.keys.new("sender", [f"operator:{subject}"])["key"] for subject in (f"topic:{topic}", topic)]
    right, wrong = (send(client.showing(key), topic, {"price": 1}, secret="").status_code for key in keys)
    assert (right, wrong) == (202, 403)
    assert len(kept(workspace, topic)) == 1
