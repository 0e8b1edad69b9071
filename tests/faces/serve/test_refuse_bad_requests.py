"""Whatever is sent, the answer is a problem document that says what is wrong, and nothing of the inside."""

import json

import httpx
import pytest

from mainspring.faces.serve.documents import Problem

HERE = "/v1/automations/retention"
DECISIONS = f"{HERE}/decisions"
JSON = {"content-type": "application/json"}


def problem(answer: httpx.Response, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    Problem.model_validate(answer.json())
    assert answer.json()["status"] == status
    return answer.json()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\x00", b"\xef\xbb\xbf{}", b"record=1", b"{'record': {}}", b"[" * 100_000, b'{"a":' * 5_000,
        b'{"record": {"tenure": 3',
        b'{"record": {"tenure": NaN}}',
        b'{"record": {"tenure": Infinity}}',
        b'{"record": {"tenure": -Infinity}}',
        b'{"record": {"tenure": 1e999}}',
        b'{"record": {"tenure": 1' + b"0" * 400 + b"}}",
        b'{"record": {"contract": "\xff\xfe"}}',
        b'{"record": {"contract": "\\ud800"}}',
        '{"record": {"tenure": 3}}'.encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_not_json(client, body: bytes) -> None:
    told = problem(client.post(DECISIONS, content=body, headers=JSON), 400)
    assert told["type"].endswith("bad-json")
    assert "line 1" in told["detail"]


@pytest.mark.parametrize("body", ["[]", "7", "null", '"record"', "true", '[{"record": {}}]'])
def test_json_that_is_no_request(client, body: str) -> None:
    assert '"record"' in problem(client.post(DECISIONS, content=body, headers=JSON), 422)["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "record"),
        ({"record": {}, "records": []}, "record"),
        ({"records": {}}, "records"),
        ({"record": {}, "occassion": "x"}, "occassion"),
        ({"record": {}, "occasion": 7}, "occasion"),
        ({"record": {}, "reasons": "yes"}, "reasons"),
    ],
)
def test_wrong_members_are_named(client, body: dict, field: str) -> None:
    told = problem(client.post(DECISIONS, json=body), 422)
    assert field in [error["field"] for error in told["errors"]]


@pytest.mark.parametrize("record", [7, None, "text", [], [1, 2]])
def test_a_record_is_an_object(client, record: object) -> None:
    problem(client.post(DECISIONS, json={"record": record}), 422)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tenure", {"years": 3}),
        ("tenure", [3]),
        ("contract", ["One year"]),
        ("tenure", "soon"),
        ("contract", "x" * 4_000_000),
    ],
    ids=["object", "list", "list of text", "text for a number", "4 MB of text"],
)
def test_a_wrong_value_names_its_field(client, leaving: dict, field: str, value: object) -> None:
    told = problem(client.post(DECISIONS, json={"record": {**leaving, field: value}}), 422)
    assert [error["field"] for error in told["errors"]] == [field]
    assert "xxxx" not in json.dumps(told)


def test_every_wrong_field_is_named(client, leaving: dict) -> None:
    told = problem(client.post(DECISIONS, json={"record": {**leaving, "tenure": [1], "charges": {}}}), 422)
    assert [error["field"] for error in told["errors"]] == ["tenure", "charges"]


def test_a_field_without_a_sensible_name(client, leaving: dict) -> None:
    for name in ("", "x" * 5_000):
        told = problem(client.post(DECISIONS, json={"record": {**leaving, name: 1}}), 422)
        assert len(told["errors"][0]["field"]) < 600


@pytest.mark.parametrize(
    "value", [1e300, -1e300, 2**63 - 1, 12345678901234567890123, 0, -1, True, None, "é" * 1000, "2"]
)
def test_odd_values_are_decided_upon(client, leaving: dict, value: object) -> None:
    field = "contract" if isinstance(value, str) and not value.isdigit() else "charges"
    answer = client.post(DECISIONS, json={"record": {**leaving, field: value}})
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_missing_extra_and_unseen_are_decided_upon(client, leaving: dict) -> None:
    for record in (
        {"customer": "X1", "tenure": 3},
        {**leaving, "customer": "X2", "shoe_size": 43},
        {**leaving, "customer": "X3", "contract": "Three year"},
    ):
        assert client.post(DECISIONS, json={"record": record}).status_code == 200


def test_too_big(client, leaving: dict) -> None:
    told = problem(client.post(DECISIONS, json={"record": {**leaving, "contract": "x" * 7_000_000}}), 413)
    assert "6,000,000" in told["detail"]
    assert "--max-body" in told["remedy"]


def test_too_big_without_saying_so(client) -> None:
    async def parts():
        for _ in range(100):
            yield b" " * 100_000

    problem(client.post(DECISIONS, content=parts(), headers=JSON), 413)


def test_too_many_records(client, leaving: dict) -> None:
    assert "50" in problem(client.post(DECISIONS, json={"records": [leaving] * 51}), 413)["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/xml"])
def test_another_kind_of_body(client, kind: str) -> None:
    told = problem(client.post(DECISIONS, content=b"{}", headers={"content-type": kind}), 415)
    assert "application/json" in told["remedy"]


def test_a_compressed_body(client) -> None:
    problem(client.post(DECISIONS, content=b"{}", headers={**JSON, "content-encoding": "gzip"}), 415)


def test_an_unknown_automation_is_guessed(client, leaving: dict) -> None:
    for method, path in (("POST", "decisions"), ("POST", "predictions"), ("GET", "")):
        body = {"json": {"record": leaving}} if method == "POST" else {}
        told = problem(client.request(method, f"/v1/automations/retentoin/{path}".rstrip("/"), **body), 404)
        assert "did you mean 'retention'" in told["remedy"]


@pytest.mark.parametrize("name", ["..%2F..%2Fetc", "a b", "%00", "x" * 3000, "保留", "'; drop table models"])
def test_an_odd_name_of_an_automation(client, leaving: dict, name: str) -> None:
    problem(client.post(f"/v1/automations/{name}/decisions", json={"record": leaving}), 404)


def test_an_unknown_decision(client) -> None:
    problem(client.get(f"{HERE}/decisions/{'0' * 32}"), 404)


def test_an_unknown_address(client) -> None:
    assert "/openapi.json" in problem(client.get("/v2"), 404)["remedy"]


def test_a_method_that_is_not_taken(client) -> None:
    answer = client.delete(DECISIONS)
    problem(answer, 405)
    assert "POST" in answer.headers["allow"]


def test_wrong_feedback_is_refused_whole(client) -> None:
    told = {"records": [{"decision": "0" * 32, "outcome": "Yes"}, {"outcome": [1]}]}
    problem(client.post(f"{HERE}/feedback", json=told), 422)
    problem(client.post(f"{HERE}/feedback", json={"record": {"outcome": "Yes"}}), 422)
