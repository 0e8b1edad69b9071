"""`Idempotency-Key`: what is sent again is done once and answered as the first time, on SQLite and on PostgreSQL."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, make_url, text

from mainspring import Automation, Workspace
from mainspring.backends.store.tables import KEPT_ANSWERS
from mainspring.faces.serve.limits import Limits

HERE = "/v1/automations/till"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def space(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("again")
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("create database again"))
        engine.dispose()
        (folder / "mainspring.toml").write_text(
            f"database = {json.dumps(make_url(url).set(database='again').render_as_string(hide_password=False))}\n"
        )
    (folder / "people.csv").write_text("id,age\n1,20\n2,70\n", encoding="utf-8")
    with Workspace(folder) as opened:
        opened.run(
            Automation.model_validate(
                {
                    "name": "till",
                    "source": {"table": str(folder / "people.csv"), "key": "id"},
                    "decide": {"rules": [{"if": "age > 60", "then": "call", "because": "older"}]},
                    "act": {"call": {"file": str(folder / "calls.jsonl")}},
                }
            )
        )
        yield opened


@pytest.fixture(scope="module")
def client(space: Workspace, begun) -> Iterator:
    with begun(space, space.keys.new("till", ["admin"])["key"], Limits(body=100_000, patience=60)) as client:
        yield client


@pytest.fixture
def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def test_the_same_again_is_done_once(client, space: Workspace, key: dict) -> None:
    body = {"name": uuid.uuid4().hex, "roles": ["viewer:till"]}
    first, again = (client.post("/v1/keys", json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()  # with the key that is shown only once
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["content-type"] == "application/json"
    assert [one["name"] for one in space.keys.list()].count(body["name"]) == 1


def test_the_same_decision_though_it_would_be_another_by_now(client, key: dict) -> None:
    body = {"record": {"id": 7, "age": 70}, "reasons": True}
    first, again = (client.post(f"{HERE}/decisions", json=body, headers=key) for _ in range(2))
    assert first.content == again.content
    other = client.post(f"{HERE}/decisions", json=body)
    assert other.json()["decision"] == first.json()["decision"]


def test_another_request_under_the_same_key_is_refused(client, space: Workspace, key: dict) -> None:
    bodies = [{"name": uuid.uuid4().hex, "roles": ["viewer:till"]} for _ in range(2)]
    first, other = (client.post("/v1/keys", json=body, headers=key) for body in bodies)
    assert (first.status_code, other.status_code) == (201, 422)
    assert other.json()["type"] == "urn:mainspring:problem:key-used"
    assert bodies[1]["name"] not in [one["name"] for one in space.keys.list()]


def test_a_key_is_one_callers_and_one_addresses(client, space: Workspace, key: dict) -> None:
    first = client.post(f"{HERE}/decisions", json={"record": {"id": 1, "age": 70}}, headers=key)
    stranger = client.showing(space.keys.new("other", ["operator:till"])["key"])
    assert (
        "idempotency-replayed"
        not in stranger.post(f"{HERE}/decisions", json={"record": {"id": 2, "age": 70}}, headers=key).headers
    )
    assert client.post(f"{HERE}/predictions", json={"record": {"id": 3}}, headers=key).status_code != 422
    assert first.status_code == 200


def test_what_was_refused_may_be_mended(client, key: dict) -> None:
    wrong = client.post(f"{HERE}/decisions", json={"record": {"id": 1, "age": "old"}}, headers=key)
    right = client.post(f"{HERE}/decisions", json={"record": {"id": 1, "age": 71}}, headers=key)
    assert (wrong.status_code, right.status_code) == (422, 200)


def test_who_may_not_gets_nothing_and_leaves_nothing(client, space: Workspace, key: dict) -> None:
    viewer = client.showing(space.keys.new("viewer", ["viewer:till"])["key"])
    for _ in range(2):
        assert viewer.post(f"{HERE}/decisions", json={"record": {"id": 1}}, headers=key).status_code == 403


def test_many_send_the_same_at_once(client, space: Workspace, key: dict) -> None:
    body = {"name": uuid.uuid4().hex, "roles": ["viewer:till"]}
    with ThreadPoolExecutor(8) as askers:
        answers = list(askers.map(lambda _: client.post("/v1/keys", json=body, headers=key), range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["key"] for answer in answers if answer.status_code == 201}) == 1
    assert [one["name"] for one in space.keys.list()].count(body["name"]) == 1
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 409)


@pytest.mark.parametrize("wrong", ["", "x" * 201])
def test_what_is_no_key(client, wrong: str) -> None:
    answer = client.post(f"{HERE}/decisions", json={"record": {"id": 1}}, headers={"Idempotency-Key": wrong})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:mainspring:problem:bad-key"


def test_what_is_too_large_is_not_kept(client, key: dict) -> None:
    body = {"record": {"note": "x" * 200_000}}
    assert client.post(f"{HERE}/decisions", json=body, headers=key).status_code == 413
    assert client.post(f"{HERE}/decisions", json={"record": {"id": 1}}, headers=key).status_code == 200


def test_after_a_day_it_is_forgotten(client, space: Workspace, key: dict) -> None:
    body = {"record": {"id": 9, "age": 70}}
    client.post(f"{HERE}/decisions", json=body, headers=key)
    with space._backends.database.writing() as connection:
        connection.execute(KEPT_ANSWERS.update().values(at=datetime.now(UTC) - timedelta(days=2)))
    again = client.post(f"{HERE}/decisions", json=body, headers=key)
    assert again.status_code == 200
    assert "idempotency-replayed" not in again.headers


def test_the_database_does_not_show_what_was_answered(client, space: Workspace, key: dict) -> None:
    made = client.post("/v1/keys", json={"name": "sealed", "roles": ["viewer:till"]}, headers=key).json()["key"]
    with space._backends.database.reading() as connection:
        kept = connection.execute(text("select id, asked, answer from kept_answers")).all()
    assert kept
    for row in kept:
        for value in row:
            plain = value if isinstance(value, bytes) else str(value).encode()
            assert made.encode() not in plain
            assert key["Idempotency-Key"].encode() not in plain


def test_what_a_dead_gateway_began_is_done_by_the_next(space: Workspace) -> None:
    answers = space._backends.answers
    began, id = datetime.now(UTC), uuid.uuid4().hex
    assert answers.begin(id, "a", began) is None
    assert answers.begin(id, "a", began + timedelta(seconds=30)).answer is None
    later = began + timedelta(minutes=5)
    assert answers.begin(id, "a", later) is None
    answers.keep(id, began, 200, b"of the dead")  # who comes too late changes nothing
    answers.keep(id, later, 200, b"of the living")
    assert answers.begin(id, "a", later).answer == b"of the living"
