"""Two gateways, each a process with a port of its own, share one workspace whose database is PostgreSQL."""

import json
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text

from mainspring import Automation, Workspace

pytestmark = pytest.mark.slow
HERE = "/v1/automations/retention"
PATIENCE = 60.0


@pytest.fixture(scope="module")
def shared(postgres_url: str, declaration: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a workspace with two versions of an automation; the first decides."""
    folder = tmp_path_factory.mktemp("shared") / "space"
    folder.mkdir()
    name = f"shared_{uuid.uuid4().hex[:8]}"
    engine = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    (folder / "mainspring.toml").write_text(f"database = {json.dumps(url)}\n", encoding="utf-8")
    declared = Automation.from_file(declaration)
    source = declared.source.model_copy(update={"table": str(declaration.parent / "customers.csv")})
    with Workspace(folder) as workspace:
        for _ in range(2):
            workspace.run(declared.model_copy(update={"source": source}), fresh=True, candidates=["linear"], budget=10)
        workspace.models.promote("retention", 1)
    return folder


@pytest.fixture(scope="module")
def two(shared: Path, serving: Callable[[Path], list[str]]) -> Iterator[list[str]]:
    servers = [
        subprocess.Popen(serving(shared), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        yield [json.loads(server.stdout.readline())["url"] for server in servers]
    finally:
        for server in servers:
            server.terminate()
        said = [server.communicate(timeout=PATIENCE)[1] for server in servers]
    assert said == ["", ""]


@pytest.fixture(scope="module")
def key(shared: Path) -> str:
    with Workspace(shared) as workspace:
        return workspace.keys.new("tests", ["admin"])["key"]


def ask(url: str, key: str, method: str, path: str, **rest: object) -> httpx.Response:
    return httpx.request(
        method,
        f"{url}{path}",
        headers={"Authorization": f"Bearer {key}", **rest.pop("headers", {})},
        timeout=60,
        **rest,
    )


def wait_until(holds) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_one_decided_the_other_knows(two: list[str], key: str, leaving: dict) -> None:
    body = {"record": {**leaving, "customer": "S1"}}
    first, again = (ask(url, key, "POST", f"{HERE}/decisions", json=body) for url in two)
    assert first.status_code == 200, first.text
    assert again.json()["decision"] == first.json()["decision"]
    assert again.json()["at"] == first.json()["at"]
    told = ask(two[1], key, "GET", f"{HERE}/decisions/{first.json()['decision']}")
    assert told.json()["record"]["tenure"] == leaving["tenure"]


def test_each_action_is_sent_once(two: list[str], key: str, leaving: dict, receiver) -> None:
    def decide(number: int) -> str:
        record = {**leaving, "customer": f"O{number}"}
        answer = ask(two[number % 2], key, "POST", f"{HERE}/decisions", json={"record": record}).json()
        assert answer["action"] == "offer"
        return answer["decision"]

    with ThreadPoolExecutor(8) as askers:
        made = set(askers.map(decide, range(60)))

    def got() -> Counter[str]:
        return Counter(event["data"]["decision"] for event in list(receiver.got))

    wait_until(lambda: made <= set(got()))
    for url in two:  # whatever else would be sent is sent by now: both have nothing left to do
        wait_until(lambda url=url: not set(ask(url, key, "GET", HERE).json()["actions"]) - {"done"})
    assert {got()[decision] for decision in made} == {1}


def test_a_promotion_through_one_is_seen_by_the_other(two: list[str], key: str, leaving: dict) -> None:
    def deciding(url: str) -> int:
        body = {"record": {**leaving, "customer": uuid.uuid4().hex}}
        return ask(url, key, "POST", f"{HERE}/decisions", json=body).json()["model_version"]

    assert [deciding(url) for url in two] == [1, 1]
    assert ask(two[0], key, "POST", f"{HERE}/promotions", json={"version": 2}).status_code == 200
    wait_until(lambda: deciding(two[0]) == deciding(two[1]) == 2)
    assert ask(two[1], key, "POST", f"{HERE}/rollbacks", json={}).json()["version"] == 1
    wait_until(lambda: deciding(two[0]) == deciding(two[1]) == 1)


def test_a_key_taken_back_through_one_is_refused_by_the_other(two: list[str], key: str) -> None:
    made = ask(two[0], key, "POST", "/v1/keys", json={"name": "short", "roles": ["viewer:retention"]}).json()
    assert [ask(url, made["key"], "GET", HERE).status_code for url in two] == [200, 200]
    assert ask(two[0], key, "DELETE", f"/v1/keys/{made['id']}").status_code == 200
    assert ask(two[0], made["key"], "GET", HERE).status_code == 401
    wait_until(lambda: ask(two[1], made["key"], "GET", HERE).status_code == 401)


def test_what_is_sent_again_to_the_other_is_done_once(two: list[str], key: str) -> None:
    body = {"name": uuid.uuid4().hex, "roles": ["viewer:retention"]}
    again = {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (ask(url, key, "POST", "/v1/keys", json=body, headers=again) for url in two)
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json() == first.json()


def test_one_goes_on_when_the_other_is_gone(
    shared: Path, serving: Callable[[Path], list[str]], two: list[str], key: str, leaving: dict
) -> None:
    with subprocess.Popen(serving(shared), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as third:
        url = json.loads(third.stdout.readline())["url"]
        body = {"record": {**leaving, "customer": "G1"}}
        made = ask(url, key, "POST", f"{HERE}/decisions", json=body).json()
        third.kill()
    assert ask(two[0], key, "POST", f"{HERE}/decisions", json=body).json()["decision"] == made["decision"]
